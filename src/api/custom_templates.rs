//! Custom templates: copies of a machine's disk that outlive the machine, and that other machines are made from.

use serde_json::json;

use super::{Client, Operation, Page, Template, call::Call, error::Error};

/// Which custom templates to list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct CustomTemplateFilter {
    /// By name. The service's filter is not known to be exact: compare again.
    pub name: Option<String>,
    /// Those made of this machine.
    pub machine_id: Option<String>,
}

impl Client {
    /// Makes a template of a machine, which has to be off. An ambiguous failure may have made one: look for it before
    /// trying again.
    pub async fn create_custom_template(&self, machine_id: &str, name: &str) -> Result<Operation<Template>, Error> {
        let body = json!({"machineId": machine_id, "name": name});
        self.call(Call::post("custom-templates").body(&body)).await
    }

    /// One custom template.
    pub async fn custom_template(&self, id: &str) -> Result<Template, Error> {
        self.call(Call::get("custom-templates").id(id)).await
    }

    /// All custom templates that pass the filter, the newest first; deleted ones are left out.
    pub async fn custom_templates(&self, filter: &CustomTemplateFilter) -> Result<Vec<Template>, Error> {
        let mut templates: Vec<Template> = self.all(|| listing(filter)).await?;
        templates.retain(|template| !template.is_deleted());
        Ok(templates)
    }

    /// One page of them, deleted ones included: the first, or the one after a page's `next_page`.
    pub async fn custom_template_page(
        &self,
        filter: &CustomTemplateFilter,
        after: Option<&str>,
    ) -> Result<Page<Template>, Error> {
        self.page(listing(filter), after).await
    }

    /// Renames a custom template, which is all that can be changed of one.
    pub async fn rename_custom_template(&self, id: &str, name: &str) -> Result<Template, Error> {
        let call = Call::put("custom-templates").id(id);
        self.call(call.body(&json!({"name": name}))).await
    }

    /// Deletes a custom template. The service describes this as done at once, without an event, and yet has an event
    /// by that name.
    pub async fn delete_custom_template(&self, id: &str) -> Result<Operation<Template>, Error> {
        self.call(Call::delete("custom-templates").id(id)).await
    }
}

fn listing(filter: &CustomTemplateFilter) -> Call {
    Call::get("custom-templates")
        .ordered("dtCreated", "desc")
        .query("name", filter.name.as_deref())
        .query("machineId", filter.machine_id.as_deref())
}

#[cfg(test)]
mod tests {
    use super::{
        super::loopback::{Loopback, Reply},
        *,
    };

    #[tokio::test]
    async fn templates_of_machines_live() {
        let template = json!({"id": "t1", "name": "n", "parentMachineId": "ps1", "region": "ny2", "defaultSizeGb": 50});
        let gone = json!({"id": "t2", "name": "n", "dtDeleted": "2024-04-30T15:51:24.565Z"});
        let list = json!({"items": [template, gone]});
        let server = Loopback::start([
            Reply::json(200, &list),
            Reply::json(200, &list),
            Reply::json(200, &template),
            Reply::json(200, &json!({"data": template, "event": {"id": "e1", "state": "new"}})),
            Reply::json(200, &template),
            Reply::json(200, &template),
        ])
        .await;
        let client = server.client();
        let filter = CustomTemplateFilter {
            name: Some("n".into()),
            machine_id: Some("ps1".into()),
        };
        let templates = client.custom_templates(&filter).await.unwrap();
        let page = client
            .custom_template_page(&CustomTemplateFilter::default(), None)
            .await;
        assert_eq!(page.unwrap().items.len(), 2);
        assert_eq!(templates, [client.custom_template("t1").await.unwrap()]);
        let made = client.create_custom_template("ps1", "n").await.unwrap();
        assert_eq!((&made.data, made.event.unwrap().id.as_str()), (&templates[0], "e1"));
        client.rename_custom_template("t1", "m").await.unwrap();
        assert_eq!(client.delete_custom_template("t1").await.unwrap().event, None);
        assert_eq!(
            server.lines(),
            [
                "GET /v1/custom-templates?orderBy=dtCreated&order=desc&name=n&machineId=ps1&limit=120",
                "GET /v1/custom-templates?orderBy=dtCreated&order=desc&limit=120",
                "GET /v1/custom-templates/t1",
                "POST /v1/custom-templates",
                "PUT /v1/custom-templates/t1",
                "DELETE /v1/custom-templates/t1",
            ]
        );
        assert_eq!(server.requests()[3].body, r#"{"machineId":"ps1","name":"n"}"#);
        assert_eq!(server.requests()[4].body, r#"{"name":"m"}"#);
    }
}
