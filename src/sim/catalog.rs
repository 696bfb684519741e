//! What the service sells: regions, machine types, and which region offers which type.
//!
//! A fixed table; the templates of a world are data, in `seed`. Sizes and prices are plausible ones: nothing depends
//! on them but what a person sees.

/// A place machines stand in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region {
    /// The short name, `ny2`.
    pub slug: &'static str,
    /// The long name, `East Coast (NY2)`.
    pub label: &'static str,
}

/// Every region.
pub const REGIONS: [Region; 3] = [
    Region {
        slug: "ny2",
        label: "East Coast (NY2)",
    },
    Region {
        slug: "ca1",
        label: "West Coast (CA1)",
    },
    Region {
        slug: "ams1",
        label: "Europe (AMS1)",
    },
];

/// The region that `text` names, by slug or label in any case.
pub fn region(text: &str) -> Option<Region> {
    REGIONS
        .into_iter()
        .find(|region| region.slug.eq_ignore_ascii_case(text) || region.label.eq_ignore_ascii_case(text))
}

/// A size of machine.
#[derive(Clone, Debug, PartialEq)]
pub struct MachineType {
    /// The name in requests and answers, `A4000x2`.
    pub label: String,
    /// Processors.
    pub cpus: u64,
    /// Memory in bytes.
    pub ram: u64,
    /// Name, bytes of memory each, and number of accelerators.
    pub accelerator: Option<(&'static str, u64, u64)>,
    /// Dollars an hour while running.
    pub usage_rate: f64,
    regions: &'static [&'static str],
}

impl MachineType {
    /// Whether the region of that slug offers it.
    pub fn is_offered_in(&self, slug: &str) -> bool {
        self.regions.contains(&slug)
    }
}

const GIB: u64 = 1 << 30;
const EVERYWHERE: &[&str] = &["ny2", "ca1", "ams1"];
const NY2: &[&str] = &["ny2"];
const NY2_CA1: &[&str] = &["ny2", "ca1"];
const NY2_AMS1: &[&str] = &["ny2", "ams1"];

// Label, processors, GiB of memory, dollars an hour.
const PLAIN: [(&str, u64, u64, f64); 10] = [
    ("C1", 1, 1, 0.0073),
    ("C2", 1, 2, 0.0139),
    ("C3", 2, 4, 0.0269),
    ("C4", 2, 8, 0.0508),
    ("C5", 4, 8, 0.0889),
    ("C6", 8, 16, 0.18),
    ("C7", 12, 30, 0.3),
    ("C8", 16, 60, 0.6),
    ("C9", 24, 120, 1.2),
    ("C10", 32, 244, 1.6),
];

type Accelerated = (
    &'static str,
    &'static str,
    u64,
    u64,
    u64,
    f64,
    bool,
    &'static [&'static str],
);

// Label, accelerator, GiB of its memory, processors, GiB of memory, dollars an hour, sold in twos to eights, regions.
const ACCELERATED: [Accelerated; 14] = [
    ("GPU+", "Quadro M4000", 8, 8, 30, 0.45, false, NY2_AMS1),
    ("P4000", "Quadro P4000", 8, 8, 30, 0.51, true, EVERYWHERE),
    ("P5000", "Quadro P5000", 16, 8, 30, 0.78, true, EVERYWHERE),
    ("P6000", "Quadro P6000", 24, 8, 30, 1.1, true, EVERYWHERE),
    ("RTX4000", "Quadro RTX 4000", 8, 8, 30, 0.56, true, EVERYWHERE),
    ("RTX5000", "Quadro RTX 5000", 16, 8, 30, 0.82, true, NY2),
    ("A4000", "RTX A4000", 16, 8, 45, 0.76, true, EVERYWHERE),
    ("A5000", "RTX A5000", 24, 8, 45, 1.38, true, NY2_CA1),
    ("A6000", "RTX A6000", 48, 8, 45, 1.89, true, NY2_CA1),
    ("V100", "Tesla V100", 16, 8, 30, 2.3, true, NY2_AMS1),
    ("V100-32G", "Tesla V100 32G", 32, 8, 30, 2.3, true, NY2),
    ("A100", "A100", 40, 12, 90, 3.09, true, NY2),
    ("A100-80G", "A100 80G", 80, 12, 90, 3.18, true, NY2),
    ("H100", "H100", 80, 20, 250, 5.95, true, NY2),
];

/// Every machine type, in the order of the price list.
pub fn machine_types() -> Vec<MachineType> {
    let plain = PLAIN.into_iter().map(|(label, cpus, ram, usage_rate)| MachineType {
        label: label.to_owned(),
        cpus,
        ram: ram * GIB,
        accelerator: None,
        usage_rate,
        regions: EVERYWHERE,
    });
    let accelerated = ACCELERATED
        .into_iter()
        .flat_map(|(label, name, memory, cpus, ram, rate, many, regions)| {
            let counts: &[u64] = if many { &[1, 2, 4, 8] } else { &[1] };
            counts.iter().map(move |&count| MachineType {
                label: if count == 1 {
                    label.to_owned()
                } else {
                    format!("{label}x{count}")
                },
                cpus: cpus * count,
                ram: ram * count * GIB,
                accelerator: Some((name, memory * GIB, count)),
                usage_rate: rate * count as f64,
                regions,
            })
        });
    plain.chain(accelerated).collect()
}

/// The machine type of that label, in any case.
pub fn machine_type(label: &str) -> Option<MachineType> {
    machine_types()
        .into_iter()
        .find(|candidate| candidate.label.eq_ignore_ascii_case(label))
}

/// Dollars an hour for a disk of so many GB.
pub fn storage_rate(disk_size: u64) -> f64 {
    (disk_size as f64 * 0.1 / 730.0 * 10_000.0).round() / 10_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_is_known_by_either_name() {
        for text in ["ny2", "NY2", "East Coast (NY2)", "east coast (ny2)"] {
            assert_eq!(region(text).map(|region| region.slug), Some("ny2"), "{text}");
        }
        assert_eq!(region("East Coast"), None);
    }

    #[test]
    fn labels_are_unique_and_carry_their_count() {
        let types = machine_types();
        let mut labels: Vec<_> = types.iter().map(|kind| &kind.label).collect();
        labels.sort();
        labels.dedup();
        assert_eq!(labels.len(), types.len());
        let h100 = machine_type("h100x8").unwrap();
        assert_eq!(
            (h100.label.as_str(), h100.accelerator),
            ("H100x8", Some(("H100", 80 * GIB, 8)))
        );
    }

    #[test]
    fn regions_offer_what_the_price_list_says() {
        let offered = |slug: &str| -> Vec<String> {
            let singles = ACCELERATED.iter().map(|entry| entry.0);
            singles
                .filter(|label| machine_type(label).unwrap().is_offered_in(slug))
                .map(str::to_owned)
                .collect()
        };
        assert_eq!(
            offered("ams1"),
            ["GPU+", "P4000", "P5000", "P6000", "RTX4000", "A4000", "V100"]
        );
        assert_eq!(
            offered("ca1"),
            ["P4000", "P5000", "P6000", "RTX4000", "A4000", "A5000", "A6000"]
        );
        assert_eq!(offered("ny2").len(), ACCELERATED.len());
        assert!(
            machine_types()
                .iter()
                .filter(|kind| kind.accelerator.is_none())
                .all(|kind| kind.regions.len() == 3)
        );
    }
}
