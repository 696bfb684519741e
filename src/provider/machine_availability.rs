//! `paperspace_machine_availability`: whether machines of a type can be had in a region now.

use futures_util::future::try_join_all;

use super::{Configured, errors, region};
use crate::diag::{Diagnostic, Diagnostics};
use crate::schema::{Check, Model, Schema};
use crate::server::{Answered, Context, DataSource};
use crate::value::{Path, Tf, Value};

/// A `paperspace_machine_availability` block.
#[derive(Clone, Debug, Default, PartialEq)]
#[expect(missing_docs, reason = "each field is described where it is declared")]
pub struct AvailabilityConfig {
    pub machine_type: Tf<String>,
    pub region: Tf<String>,
    pub regions: Tf<Vec<String>>,
    pub available: Tf<bool>,
    pub available_regions: Tf<Vec<String>>,
}

impl Model for AvailabilityConfig {
    fn declare(s: &mut Schema<Self>) {
        s.describe(
            "Tells whether machines of a type can be had now, in one region or in which of several. The answer is of the moment \
             of the plan, and no promise for the apply that follows.",
        );
        s.attr("machine_type", |m| &mut m.machine_type)
            .required()
            .check(Check::NotEmpty)
            .doc("The machine type, such as `A4000` or `H100x8`.");
        s.attr("region", |m| &mut m.region)
            .check(Check::NotEmpty)
            .conflicts_with("regions")
            .doc("The region, such as `East Coast (NY2)` or `ny2`.");
        s.attr("regions", |m| &mut m.regions)
            .check(Check::Custom("", |value| match value {
                Value::List(regions) if regions.is_empty() => Err("must name a region".to_owned()),
                _ => Ok(()),
            }))
            .doc(format!(
                "Several regions, the most wanted first. Without `region` and `regions` it is {}; the provider's own `region` \
                 does not count here.",
                region::KNOWN.join(", ")
            ));
        s.attr("available", |m| &mut m.available)
            .computed()
            .doc("Whether such a machine can be had in the region, or in any of the regions.");
        s.attr("available_regions", |m| &mut m.available_regions)
            .computed()
            .doc("The regions where it can be had, as they are written and in the order in which they are named.");
    }
}

impl AvailabilityConfig {
    /// The regions to ask about.
    fn asked(&self) -> Vec<String> {
        match (self.region.known(), self.regions.known()) {
            (Some(region), _) => vec![region.clone()],
            (None, Some(regions)) => regions.clone(),
            (None, None) => region::KNOWN.iter().map(|&region| region.to_owned()).collect(),
        }
    }
}

/// The data source.
pub struct AvailabilitySource;

impl DataSource for AvailabilitySource {
    type Model = AvailabilityConfig;
    type Configured = Configured;

    const TYPE_NAME: &'static str = "paperspace_machine_availability";

    fn validate_config(config: &AvailabilityConfig) -> Diagnostics {
        let one = config.region.as_deref().and_then(region::unknown_warning);
        let several = config
            .regions
            .known()
            .into_iter()
            .flatten()
            .zip(0..)
            .filter_map(|(region, index)| {
                let path = Path::attribute("regions").index(index);
                region::unknown_warning(region).map(|warning| warning.at(path))
            });
        one.into_iter().chain(several).collect()
    }

    async fn read(
        context: &Context<Configured>,
        mut config: AvailabilityConfig,
    ) -> Result<Answered<AvailabilityConfig>, Diagnostics> {
        let client = context.configured.client.with_cancel(context.cancel.clone());
        let machine_type = config.machine_type.as_deref().unwrap_or_default();
        let questions = config.asked().into_iter().map(|region| {
            let client = client.clone();
            async move {
                let available = client.machine_available(machine_type, &region).await.map_err(|error| {
                    let task = format!("ask whether {machine_type} is available in {region}");
                    errors::diagnostic(&task, &error)
                })?;
                Ok::<_, Diagnostic>(available.then_some(region))
            }
        });
        let available: Vec<String> = try_join_all(questions).await?.into_iter().flatten().collect();
        config.available = Tf::Known(!available.is_empty());
        config.available_regions = Tf::Known(available);
        Ok(config.into())
    }
}
