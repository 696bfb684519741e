//! `paperspace_machine_types`: the machine types that templates are for, and the GPUs that their labels tell of.
//!
//! The service has no list of its machine types, so they are gathered from what it says of each template.

use std::collections::BTreeMap;

use super::machine_type::MachineType;
use super::select::{self, Item as _};
use super::templates::{self, TemplateItem};
use super::{Configured, region};
use crate::api::TemplateQuery;
use crate::diag::{Diagnostic, Diagnostics};
use crate::schema::{Check, Model, Nested, Schema};
use crate::server::{Answered, Context, DataSource};
use crate::value::Tf;

/// A `paperspace_machine_types` block.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MachineTypesConfig {
    region: Tf<String>,
    template_id: Tf<String>,
    is_gpu: Tf<bool>,
    is_available: Tf<bool>,
    labels: Tf<Vec<String>>,
    machine_types: Tf<Vec<Nested<TypeItem>>>,
}

/// One machine type of a result.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TypeItem {
    label: Tf<String>,
    gpu: Tf<String>,
    gpu_count: Tf<i64>,
    is_gpu: Tf<bool>,
    is_available: Tf<bool>,
    template_ids: Tf<Vec<String>>,
}

impl Model for MachineTypesConfig {
    fn declare(s: &mut Schema<Self>) {
        s.describe(
            "Lists the machine types that templates are for, with the GPUs that a type's label tells of. Paperspace tells neither \
             prices nor, here, in which regions a type can be had at the moment: `paperspace_machine_availability` asks that of \
             one type. Every argument is optional, and each narrows the list down.",
        );
        s.attr("region", |m| &mut m.region).check(Check::NotEmpty).doc(
            "Only types of templates that machines in this region can be made from, in any spelling, such as `East Coast (NY2)` \
             or `ny2`. Paperspace's own templates are in every region. The provider's own `region` does not narrow the choice.",
        );
        s.attr("template_id", |m| &mut m.template_id)
            .check(Check::NotEmpty)
            .doc("Only types that this template is for.");
        s.attr("is_gpu", |m| &mut m.is_gpu)
            .doc("Only types with a GPU if `true`, only types without if `false`.");
        s.attr("is_available", |m| &mut m.is_available).doc(
            "Only types that any of the templates can be used on at the moment if `true`, only the others if `false`.",
        );
        s.attr("labels", |m| &mut m.labels)
            .computed()
            .doc("The labels of the types, in the order of `machine_types`.");
        s.attr("machine_types", |m| &mut m.machine_types)
            .computed()
            .doc("The types: those without a GPU first, the others by GPU and by how many of it there are.");
    }
}

impl Model for TypeItem {
    fn declare(s: &mut Schema<Self>) {
        s.attr("label", |m| &mut m.label)
            .computed()
            .doc("The type's label, for a machine's `machine_type`.");
        s.attr("gpu", |m| &mut m.gpu).computed().doc(
            "The GPU as the label has it, such as `A100-80G`; null for a type without, and where the label is of a form that \
             this version does not know.",
        );
        s.attr("gpu_count", |m| &mut m.gpu_count)
            .computed()
            .doc("How many GPUs there are, `0` for a type without; null where the label is of an unknown form.");
        s.attr("is_gpu", |m| &mut m.is_gpu)
            .computed()
            .doc("Whether there is a GPU; null where the label is of an unknown form.");
        s.attr("is_available", |m| &mut m.is_available)
            .computed()
            .doc("Whether any of the templates can be used on it at the moment, wherever that may be.");
        s.attr("template_ids", |m| &mut m.template_ids)
            .computed()
            .doc("The ids of the templates that are for it, in order.");
    }
}

impl TypeItem {
    fn new(label: &str) -> Self {
        let read = MachineType::of(label);
        let read = read.as_ref();
        Self {
            label: Tf::Known(label.to_owned()),
            gpu: read.and_then(MachineType::gpu).map(str::to_owned).into(),
            gpu_count: read.and_then(|read| read.gpu_count().to_i64()).into(),
            is_gpu: read.map(|read| read.gpu().is_some()).into(),
            is_available: Tf::Known(false),
            template_ids: Tf::Known(Vec::new()),
        }
    }

    /// What types are ordered by: those of an unknown form come last, `C9` before `C10`.
    fn place(&self) -> impl Ord + use<> {
        let label = self.label.as_deref().unwrap_or_default();
        (
            self.is_gpu.is_null(),
            self.gpu.as_deref().unwrap_or_default().to_owned(),
            self.gpu_count.copied(),
            label.len(),
            label.to_owned(),
        )
    }
}

/// The types that the templates are for, each once and in order.
fn gather(templates: &[TemplateItem]) -> Vec<TypeItem> {
    let mut types: BTreeMap<String, TypeItem> = BTreeMap::new();
    for template in templates {
        for listed in template.available_machine_types.known().into_iter().flatten() {
            let Some(label) = listed.machine_type_label.as_deref() else {
                continue;
            };
            let found = types
                .entry(label.to_ascii_uppercase())
                .or_insert_with(|| TypeItem::new(label));
            // What the service does not deny counts as available, as it does for a template.
            if listed.is_available.copied() != Some(false) {
                found.is_available = Tf::Known(true);
            }
            if let Tf::Known(ids) = &mut found.template_ids
                && !ids.iter().any(|id| id == template.id())
            {
                ids.push(template.id().to_owned());
            }
        }
    }
    let mut types: Vec<_> = types.into_values().collect();
    types.sort_by_cached_key(TypeItem::place);
    types
}

impl MachineTypesConfig {
    /// The templates that the arguments ask for, by id.
    fn asked(&self, templates: Vec<TemplateItem>) -> Vec<TemplateItem> {
        let mut asked: Vec<_> = templates
            .into_iter()
            .filter(|template| self.template_id.as_deref().is_none_or(|id| template.id() == id))
            .filter(|template| template.region.is_null() || select::is_region(&self.region, &template.region))
            .collect();
        asked.sort_by(|a, b| a.id().cmp(b.id()));
        asked
    }
}

/// The data source.
pub struct MachineTypesSource;

impl DataSource for MachineTypesSource {
    type Model = MachineTypesConfig;
    type Configured = Configured;

    const TYPE_NAME: &'static str = "paperspace_machine_types";

    fn validate_config(config: &MachineTypesConfig) -> Diagnostics {
        let warning = config.region.as_deref().and_then(region::unknown_warning);
        warning.into_iter().collect()
    }

    async fn read(
        context: &Context<Configured>,
        mut config: MachineTypesConfig,
    ) -> Result<Answered<MachineTypesConfig>, Diagnostics> {
        let client = context.configured.client.with_cancel(context.cancel.clone());
        let templates = templates::fetch(&client, &TemplateQuery::default()).await?;
        if let Some(id) = config.template_id.as_deref()
            && !templates.iter().any(|template| template.id() == id)
        {
            return Err(no_template(id).into());
        }
        let mut types = gather(&config.asked(templates));
        types.retain(|found| {
            select::is(&config.is_gpu, &found.is_gpu) && select::is(&config.is_available, &found.is_available)
        });
        let labels = types.iter().filter_map(|found| found.label.as_deref());
        config.labels = Tf::Known(labels.map(str::to_owned).collect());
        config.machine_types = Tf::Known(types.into_iter().map(Nested).collect());
        Ok(config.into())
    }
}

fn no_template(id: &str) -> Diagnostic {
    Diagnostic::error(
        "No Template Found",
        format!(
            "None of the templates that the API key can see has the id \"{id}\". Check the id, and that the key is of the team \
             that the template belongs to; the data source `paperspace_templates` lists all."
        ),
    )
    .at("template_id")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::templates::MachineTypeItem;

    fn template(id: &str, region: Option<&str>, types: &[(&str, Option<bool>)]) -> TemplateItem {
        let types = types.iter().map(|&(label, is_available)| {
            Nested(MachineTypeItem {
                machine_type_label: Tf::Known(label.to_owned()),
                is_available: is_available.into(),
            })
        });
        TemplateItem {
            id: Tf::Known(id.to_owned()),
            region: region.map(str::to_owned).into(),
            available_machine_types: Tf::Known(types.collect()),
            ..TemplateItem::default()
        }
    }

    #[test]
    fn types_of_several_templates_are_gathered_in_order() {
        let types = gather(&[
            template(
                "t1",
                None,
                &[("H100x8", Some(false)), ("C10", Some(true)), ("A4000x2", Some(true))],
            ),
            template(
                "t2",
                None,
                &[
                    ("C9", None),
                    ("a4000X2", Some(true)),
                    ("A4000", Some(false)),
                    ("new type", None),
                ],
            ),
            template("t3", None, &[("A4000", Some(true)), ("A4000", Some(false))]),
            template("t4", None, &[]),
        ]);
        let told: Vec<_> = types
            .iter()
            .map(|found| {
                let label = found.label.as_deref().unwrap_or_default();
                let ids = found.template_ids.known().cloned().unwrap_or_default();
                (
                    label,
                    found.gpu.as_deref(),
                    found.gpu_count.copied(),
                    found.is_gpu.copied(),
                    found.is_available.copied(),
                    ids.join(" "),
                )
            })
            .collect();
        let expected = [
            ("C9", None, Some(0), Some(false), Some(true), "t2"),
            ("C10", None, Some(0), Some(false), Some(true), "t1"),
            ("A4000", Some("A4000"), Some(1), Some(true), Some(true), "t2 t3"),
            ("A4000x2", Some("A4000"), Some(2), Some(true), Some(true), "t1 t2"),
            ("H100x8", Some("H100"), Some(8), Some(true), Some(false), "t1"),
            ("new type", None, None, None, Some(true), "t2"),
        ];
        let expected = expected
            .map(|(label, gpu, count, is_gpu, available, ids)| (label, gpu, count, is_gpu, available, ids.to_owned()));
        assert_eq!(told, expected);
    }

    #[test]
    fn a_template_that_is_everywhere_is_in_each_region() {
        let all = [
            template("t3", Some("Europe (AMS1)"), &[]),
            template("t2", Some("ny2"), &[]),
            template("t1", None, &[]),
        ];
        for (region, id, expected) in [
            (Tf::Null, Tf::Null, "t1 t2 t3"),
            (Tf::Known("NY2".to_owned()), Tf::Null, "t1 t2"),
            (Tf::Known("ca1".to_owned()), Tf::Null, "t1"),
            (Tf::Null, Tf::Known("t3".to_owned()), "t3"),
            (Tf::Known("ca1".to_owned()), Tf::Known("t3".to_owned()), ""),
        ] {
            let config = MachineTypesConfig {
                region,
                template_id: id,
                ..MachineTypesConfig::default()
            };
            let asked = config.asked(all.to_vec());
            let ids: Vec<_> = asked.iter().map(|template| template.id()).collect();
            assert_eq!(ids.join(" "), expected, "{config:?}");
        }
    }
}
