//! What a plan says about a machine beyond the schema's rules: the consequences of a change, and what stands in its way.

use super::address::taken_off;
use super::change::{Consequences, free_altered};
use super::checks;
use super::kind::Machines;
use super::model::Machine;
use super::note::Note;
use super::wishes;
use crate::diag::Diagnostic;
use crate::provider::kit::{Kind as _, will_be_replaced};
use crate::provider::{Configured, region};
use crate::server::{PlanContext, Planning};
use crate::value::{Path, Tf};

/// The plan of a machine.
pub(super) type Plan = Planning<Machine, Note>;

pub(super) async fn modify(context: &PlanContext<Configured>, planning: &mut Plan) {
    if let (Some(configured), Some(id)) = (
        &context.configured,
        planning.prior.as_ref().and_then(|prior| prior.id.as_deref()),
    ) {
        configured.claims.track(Machines::NOUN, id);
    }
    prefer(planning);
    match (planning.prior.clone(), planning.planned.clone()) {
        (None, Some(planned)) => {
            plan_create(context, planning, planned);
            checks::check_create(context, planning).await;
        }
        (Some(prior), Some(planned)) => {
            plan_update(planning, &prior, planned);
            checks::check_change(context, planning, &prior).await;
        }
        (Some(prior), None) => plan_destroy(planning, &prior),
        (None, None) => {}
    }
}

/// What is chosen from lists of what would do.
fn prefer(planning: &mut Plan) {
    let (Some(config), Some(planned)) = (&planning.config, &mut planning.planned) else {
        return;
    };
    if wishes::prefer(planning.prior.as_ref(), config, planned) {
        planning.requires_replace.push(Path::attribute("region"));
    }
}

fn plan_create(context: &PlanContext<Configured>, planning: &mut Plan, mut planned: Machine) {
    if planning.note.kit.replaces_protected {
        planning.push(protected(&planned, "replaced"));
    }
    planning.note = Note::default();
    let config = planning.config.clone().unwrap_or_default();
    let regions = config.regions.known().into_iter().flatten().zip(0..);
    for (region, index) in regions.filter(|_| wishes::has_regions(&config)) {
        if let Some(warning) = region.as_deref().and_then(region::unknown_warning) {
            planning.announce(warning.at(Path::attribute("regions").index(index)));
        }
    }
    // With several regions, which of them it is shows when the machine is made, and the provider's own is none of them.
    if config.region.is_null() && !wishes::has_regions(&config) {
        // While the provider itself is not configured, its region stays unknown.
        if let Some(configured) = &context.configured {
            match &configured.region {
                Some(region) => planned.region = Tf::Known(region.clone()),
                None => planning.push(missing_region()),
            }
        }
    }
    let single = planned.region.as_deref().filter(|_| !wishes::has_regions(&config));
    if let Some(warning) = single.and_then(region::unknown_warning) {
        planning.announce(warning);
    }
    if let Some(warning) = planned.disk_size.copied().and_then(unusual_disk) {
        planning.announce(warning);
    }
    if planned.template_id.is_null() {
        planning.push(missing_template());
    }
    planning.planned = Some(planned);
}

/// The disk sizes in GB that the service's reference names. Their set has changed before, so others may do as well.
const DISK_SIZES: [i64; 6] = [50, 100, 250, 500, 1000, 2000];

/// A warning for a disk of a size that the service is not known to offer.
fn unusual_disk(size: i64) -> Option<Diagnostic> {
    if DISK_SIZES.contains(&size) {
        return None;
    }
    let next = match DISK_SIZES.iter().find(|offered| **offered > size) {
        Some(next) => format!("The next larger one is {next}."),
        None => "There is no larger one among them.".to_owned(),
    };
    let sizes = DISK_SIZES.map(|size| size.to_string()).join(", ");
    let warning = Diagnostic::warning(
        "Disk Size Possibly Not Offered",
        format!(
            "Paperspace's reference names disks of {sizes} GB, and none of {size}, which may therefore be refused when it is \
             asked for. {next}"
        ),
    );
    Some(warning.at("disk_size"))
}

fn missing_template() -> Diagnostic {
    Diagnostic::error(
        "Missing Template",
        "A new machine needs a template. Set `template_id`: the data sources `paperspace_template` and `paperspace_templates` \
         find one by its name. If this machine exists already, import it; without a template it stays as it is then.",
    )
    .at("template_id")
}

fn missing_region() -> Diagnostic {
    Diagnostic::error(
        "Missing Region",
        format!(
            "A new machine needs a region. Set `region` here, `region` in the provider block, or PAPERSPACE_REGION, to one of {}.",
            region::KNOWN.join(", ")
        ),
    )
    .at("region")
}

fn plan_update(planning: &mut Plan, prior: &Machine, mut planned: Machine) {
    // A replacement that Terraform decides on by itself, as for -replace, is planned as a change first and then as a create
    // that knows nothing of the old machine but this note.
    let note = planning.note.clone();
    planning.note.kit.replaces_protected = prior.deletion_protection.copied() == Some(true);
    if !planning.requires_replace.is_empty() {
        if prior.deletion_protection.copied() == Some(true) {
            let mut error = protected(prior, "replaced");
            error.path = planning.requires_replace.first().cloned();
            planning.push(error);
        } else if let Some(path) = planning.requires_replace.first().cloned() {
            let name = prior.name.as_deref().unwrap_or_default();
            let what = format!("the machine \"{name}\"");
            let lost = "what is on its disk, together with its snapshots";
            planning.announce(will_be_replaced(Machines::NOUN, name, &what, lost).at(path));
        }
        return;
    }
    let config = planning.config.clone().unwrap_or_default();
    let consequences = Consequences::of(prior, &planned);
    if consequences.disk_shrinks {
        planning.push(shrinking_disk(prior, &planned));
        return;
    }
    let is_on = prior.state.as_deref() != Some("off");
    let is_owed_power = note.left_off && !is_on && planned.power_state.is_null();
    let consequences = Consequences {
        power: consequences.power || is_owed_power,
        ..consequences
    };
    if consequences.disk_grows
        && let Some(warning) = planned.disk_size.copied().and_then(unusual_disk)
    {
        planning.announce(warning);
    }
    free_altered(&config, &mut planned, consequences, is_on);
    if let (true, Some(address)) = (takes_address_off(prior, &planned, &note), prior.public_ip.as_deref()) {
        planning.announce(taken_off(prior.id.as_deref().unwrap_or_default(), address));
    }
    if consequences.needs_off() && is_on {
        planning.push(power_cycle(
            prior,
            &planned,
            consequences,
            wishes::type_argument(&config),
        ));
    }
    if is_owed_power {
        planning.announce(left_off(prior));
    }
    planning.planned = Some(planned);
}

/// Whether a change of the address type takes an address off the machine that this resource did not cause.
fn takes_address_off(prior: &Machine, planned: &Machine, note: &Note) -> bool {
    let was_static = prior.public_ip_type.as_deref() == Some("static");
    let leaves = planned.public_ip_type.as_deref().is_some_and(|kind| kind != "static");
    was_static && leaves && !note.asked_for_address
}

fn plan_destroy(planning: &mut Plan, prior: &Machine) {
    if prior.deletion_protection.copied() == Some(true) {
        planning.push(protected(prior, "destroyed"));
    }
}

/// The refusal to destroy or replace a protected machine.
pub(super) fn protected(machine: &Machine, what: &str) -> Diagnostic {
    let name = machine.name.as_deref().unwrap_or_default();
    let id = machine.id.as_deref().map_or(String::new(), |id| format!(" ({id})"));
    Diagnostic::error(
        "Machine Is Protected",
        format!(
            "The machine \"{name}\"{id} would be {what}, but `deletion_protection` is true. If that is what you want, apply \
             `deletion_protection = false` first; where the block was removed from the configuration already, put it back for \
             that."
        ),
    )
    .at("deletion_protection")
}

fn shrinking_disk(prior: &Machine, planned: &Machine) -> Diagnostic {
    let (now, wanted) = (
        prior.disk_size.copied().unwrap_or_default(),
        planned.disk_size.copied().unwrap_or_default(),
    );
    Diagnostic::error(
        "Disk Cannot Shrink",
        format!(
            "The machine's disk has {now} GB, and the configuration asks for {wanted} GB. Disks only grow. Set `disk_size` to \
             {now} or more. To get a new machine with a smaller disk on purpose, and to lose what is on this one, run `terraform \
             taint` with the address of this resource first: the next plan then replaces it."
        ),
    )
    .at("disk_size")
}

fn power_cycle(prior: &Machine, planned: &Machine, consequences: Consequences, argument: &'static str) -> Diagnostic {
    let mut changes = Vec::new();
    if consequences.machine_type {
        changes.push(format!(
            "its type changes from {} to {}",
            prior.machine_type.as_deref().unwrap_or("an unknown one"),
            planned.machine_type.as_deref().unwrap_or("one that is not known yet")
        ));
    }
    if consequences.disk_grows {
        let size = planned
            .disk_size
            .copied()
            .map_or("a size that is not known yet".to_owned(), |size| format!("{size} GB"));
        changes.push(format!("its disk grows to {size}"));
    }
    let path = if consequences.machine_type {
        argument
    } else {
        "disk_size"
    };
    let again = match planned.power_state.as_deref() {
        Some("off") => "It is left off afterwards.",
        _ => "It is started again afterwards.",
    };
    Diagnostic::warning(
        "Machine Will Be Stopped",
        format!(
            "For this change ({}) the machine \"{}\" has to be off: whatever runs on it ends. {again}",
            changes.join(" and "),
            prior.name.as_deref().unwrap_or_default()
        ),
    )
    .about(prior.name.as_deref().unwrap_or_default())
    .at(path)
}

fn left_off(prior: &Machine) -> Diagnostic {
    Diagnostic::warning(
        "Machine Will Be Started",
        format!(
            "The machine \"{}\" was stopped for a change by an earlier run, which could not start it again. This run does.",
            prior.name.as_deref().unwrap_or_default()
        ),
    )
    .about(prior.name.as_deref().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_of_an_unusual_size_is_told_with_the_next_one() {
        for size in DISK_SIZES {
            assert_eq!(unusual_disk(size), None);
        }
        for (size, said) in [
            (1, "The next larger one is 50."),
            (70, "The next larger one is 100."),
            (1999, "The next larger one is 2000."),
            (2001, "There is no larger one among them."),
        ] {
            let told = unusual_disk(size).unwrap();
            assert!(
                !told.is_error() && told.detail.ends_with(said),
                "{size}: {}",
                told.detail
            );
        }
    }
}
