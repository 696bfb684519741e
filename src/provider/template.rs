//! `paperspace_template`: exactly one template, by its id or by what it is.

use super::select::{self, Filter, Item};
use super::templates::{TemplateFilter, TemplateItem, fetch};
use crate::api::TemplateQuery;
use crate::diag::{Diagnostic, Diagnostics};
use crate::provider::Configured;
use crate::schema::{Check, Model, Schema};
use crate::server::{Answered, Context, DataSource};
use crate::value::Tf;

/// A `paperspace_template` block.
#[derive(Clone, Debug, Default, PartialEq)]
#[expect(missing_docs, reason = "each field is described where it is declared")]
pub struct TemplateConfig {
    pub id: Tf<String>,
    pub filter: TemplateFilter,
    pub most_recent: Tf<bool>,
    pub found: TemplateItem,
}

impl Model for TemplateConfig {
    fn declare(s: &mut Schema<Self>) {
        s.describe(
            "Looks up exactly one template, by its id or by any combination of the other arguments. It is an error if none or \
             several templates satisfy them.",
        );
        s.attr("id", |m| &mut m.id)
            .check(Check::NotEmpty)
            .doc("The template of this id, in the place of all other arguments.");
        s.embed(|m| &mut m.filter);
        s.attr("most_recent", |m| &mut m.most_recent)
            .doc("Whether the most recent one is taken where several templates satisfy the arguments.");
        s.embed(|m| &mut m.found);
    }
}

/// The data source.
pub struct TemplateSource;

impl DataSource for TemplateSource {
    type Model = TemplateConfig;
    type Configured = Configured;

    const TYPE_NAME: &'static str = "paperspace_template";

    fn validate_config(config: &TemplateConfig) -> Diagnostics {
        let mut diagnostics = config.filter.validate();
        diagnostics.extend(select::validate_choice("id", &config.id, &config.filter));
        diagnostics
    }

    async fn read(
        context: &Context<Configured>,
        mut config: TemplateConfig,
    ) -> Result<Answered<TemplateConfig>, Diagnostics> {
        let client = context.configured.client.with_cancel(context.cancel.clone());
        // Not by name: should there be none of that name, the error tells what there is instead.
        let query = TemplateQuery {
            is_public: config.filter.is_public.copied(),
            name: None,
        };
        let templates = fetch(&client, &query).await?;
        config.found = match config.id.as_deref() {
            Some(id) => by_id(templates, id)?,
            None => choose(&config, templates).await?,
        };
        Ok(config.into())
    }
}

fn by_id(mut templates: Vec<TemplateItem>, id: &str) -> Result<TemplateItem, Diagnostic> {
    let at = templates.iter().position(|template| template.id() == id);
    at.map(|at| templates.swap_remove(at)).ok_or_else(|| {
        Diagnostic::error(
            "No Template Found",
            format!(
                "None of the {} templates that the API key can see has the id \"{id}\". Check the id, and that the key is of \
                 the team that the template belongs to; the data source `paperspace_templates` lists all.",
                templates.len()
            ),
        )
        .at("id")
    })
}

async fn choose(config: &TemplateConfig, templates: Vec<TemplateItem>) -> Result<TemplateItem, Diagnostic> {
    let takes_most_recent = config.most_recent.copied() == Some(true);
    if takes_most_recent && let Some(found) = select::most_recent(config.filter.choose(templates.clone()).await?) {
        return Ok(found);
    }
    select::exactly_one(
        &config.filter,
        templates,
        ", or take the newest by `most_recent = true`",
    )
    .await
}
