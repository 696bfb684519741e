//! Whether machines of a type can be had in a region now.

use super::{
    Client,
    answer::{Fields, Object, Trouble},
    call::Call,
    error::Error,
};

struct Availability {
    available: bool,
}

impl Object for Availability {
    const NOUN: &'static str = "availability";

    fn read(fields: &Fields<'_>) -> Result<Self, Trouble> {
        Ok(Self {
            available: fields.need("available")?,
        })
    }
}

impl Client {
    /// Whether a machine of this type can be had in this region now. The service gives no promise for a minute later.
    pub async fn machine_available(&self, machine_type: &str, region: &str) -> Result<bool, Error> {
        let call = Call::get("machine-availability").query("machineType", Some(machine_type));
        let Availability { available } = self.call(call.query("region", Some(region))).await?;
        Ok(available)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::loopback::{Loopback, Reply};

    #[tokio::test]
    async fn both_questions_are_asked() {
        let server = Loopback::start([Reply::json(200, &json!({"available": false}))]).await;
        assert!(
            !server
                .client()
                .machine_available("A4000x2", "Europe (AMS1)")
                .await
                .unwrap()
        );
        assert_eq!(
            server.lines(),
            ["GET /v1/machine-availability?machineType=A4000x2&region=Europe+%28AMS1%29"]
        );
    }
}
