//! How to reach a machine's desktop.

use secrecy::SecretString;

use super::{
    Client,
    answer::{Fields, Object, Trouble},
    call::Call,
    error::Error,
};

/// The ways to a machine's desktop. A machine without one has neither.
#[derive(Clone, Debug)]
pub struct Desktop {
    /// By VNC.
    pub vnc: Option<Vnc>,
    /// By Windows' own protocol.
    pub windows: Option<Windows>,
}

/// A desktop by VNC.
#[derive(Clone, Debug)]
pub struct Vnc {
    /// The host to connect to.
    pub hostname: String,
    /// The port to connect to.
    pub port: Option<i64>,
    /// The password to give.
    pub password: Option<SecretString>,
}

/// A desktop of Windows.
#[derive(Clone, Debug, PartialEq)]
pub struct Windows {
    /// The host to connect to.
    pub hostname: String,
    /// The port to connect to.
    pub port: Option<i64>,
    /// The machine's address on the internet.
    pub public_ip: Option<String>,
}

impl Object for Desktop {
    const NOUN: &'static str = "desktop";

    fn read(fields: &Fields<'_>) -> Result<Self, Trouble> {
        Ok(Self {
            vnc: fields.get("vnc"),
            windows: fields.get("windows"),
        })
    }
}

impl Object for Vnc {
    const NOUN: &'static str = "VNC desktop";

    fn read(fields: &Fields<'_>) -> Result<Self, Trouble> {
        Ok(Self {
            hostname: fields.label("hostname")?,
            port: fields.get("port"),
            password: fields.get("password"),
        })
    }
}

impl Object for Windows {
    const NOUN: &'static str = "Windows desktop";

    fn read(fields: &Fields<'_>) -> Result<Self, Trouble> {
        Ok(Self {
            hostname: fields.label("hostname")?,
            port: fields.get("port"),
            public_ip: fields.get("publicIp"),
        })
    }
}

impl Client {
    /// How to reach a machine's desktop.
    pub async fn desktop(&self, machine_id: &str) -> Result<Desktop, Error> {
        self.call(Call::get("machines").id(machine_id).then("desktop")).await
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;
    use serde_json::json;

    use super::super::loopback::{Loopback, Reply};

    #[tokio::test]
    async fn both_ways_are_told() {
        let server = Loopback::start([
            Reply::json(
                200,
                &json!({"vnc": {"hostname": "a", "port": 5900, "password": "hunter2"}}),
            ),
            Reply::json(
                200,
                &json!({"windows": {"hostname": "b", "port": "3389", "publicIp": "203.0.113.7"}}),
            ),
            Reply::json(200, &json!({})),
        ])
        .await;
        let client = server.client();
        let desktop = client.desktop("ps1").await.unwrap();
        assert!(!format!("{desktop:?}").contains("hunter2"));
        let vnc = desktop.vnc.unwrap();
        assert_eq!((vnc.hostname.as_str(), vnc.port), ("a", Some(5900)));
        assert_eq!(vnc.password.unwrap().expose_secret(), "hunter2");
        let windows = client.desktop("ps1").await.unwrap().windows.unwrap();
        assert_eq!((windows.hostname.as_str(), windows.port), ("b", Some(3389)));
        assert_eq!(windows.public_ip.as_deref(), Some("203.0.113.7"));
        let neither = client.desktop("ps1").await.unwrap();
        assert!(neither.vnc.is_none() && neither.windows.is_none());
        assert_eq!(server.lines()[0], "GET /v1/machines/ps1/desktop");
    }
}
