//! Labels of machine types, and what they say. Pure.
//!
//! The service tells nothing of a machine type but its label. `C5` is a type without a GPU, `A4000` one with a GPU of that
//! name, `A100-80Gx8` one with eight. A label is read by its form and not looked up, so that a new one is understood too.

use crate::value::Number;

/// A machine type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MachineType {
    /// The label as the service writes it: in capitals, with a small `x` before the number of GPUs.
    pub label: String,
    /// The GPU, as the label has it, and how many there are; `None` for a type without.
    pub gpus: Option<(String, u32)>,
}

impl MachineType {
    /// Reads a label in any case. `None`: no machine type's label has that form.
    pub fn of(label: &str) -> Option<Self> {
        let label = label.trim().to_ascii_uppercase();
        if is_cpu(&label) {
            return Some(Self { label, gpus: None });
        }
        if let Some((gpu, count)) = several(&label) {
            let count = number(count).filter(|_| is_gpu(gpu))?;
            return Some(Self {
                label: format!("{gpu}x{count}"),
                gpus: Some((gpu.to_owned(), count)),
            });
        }
        is_gpu(&label).then(|| Self {
            gpus: Some((label.clone(), 1)),
            label,
        })
    }

    /// The GPU, as the label has it.
    pub fn gpu(&self) -> Option<&str> {
        self.gpus.as_ref().map(|(gpu, _)| gpu.as_str())
    }

    /// How many GPUs there are.
    pub fn gpu_count(&self) -> Number {
        let count = self.gpus.as_ref().map_or(0, |(_, count)| *count);
        Number::from(i64::from(count))
    }
}

fn is_cpu(label: &str) -> bool {
    label.strip_prefix('C').is_some_and(|rest| number(rest).is_some())
}

/// The two parts of a label that ends in a number of what it begins with. `RTX4000` is none: there is no `RT`.
fn several(label: &str) -> Option<(&str, &str)> {
    let (one, count) = label.rsplit_once('X')?;
    let is_count = !count.is_empty() && count.bytes().all(|byte| byte.is_ascii_digit());
    (is_count && (is_gpu(one) || is_cpu(one))).then_some((one, count))
}

/// A letter first, a number or a plus somewhere: `H100`, `V100-32G`, `GPU+`.
fn is_gpu(label: &str) -> bool {
    let fits = |letter: char| letter.is_ascii_alphanumeric() || ['-', '+'].contains(&letter);
    let tells = |letter: char| letter.is_ascii_digit() || letter == '+';
    label.starts_with(|first: char| first.is_ascii_alphabetic())
        && label.chars().all(fits)
        && label.contains(tells)
        && !is_cpu(label)
}

/// A whole number from one, as it is written in labels.
fn number(text: &str) -> Option<u32> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    text.parse().ok().filter(|_| is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_tells_its_gpus() {
        for (text, label, gpu, count) in [
            ("C5", "C5", None, 0),
            ("c10", "C10", None, 0),
            ("GPU+", "GPU+", Some("GPU+"), 1),
            ("P4000", "P4000", Some("P4000"), 1),
            ("RTX4000", "RTX4000", Some("RTX4000"), 1),
            ("rtx4000X2", "RTX4000x2", Some("RTX4000"), 2),
            ("A4000x2", "A4000x2", Some("A4000"), 2),
            ("V100-32G", "V100-32G", Some("V100-32G"), 1),
            (" a100-80gx8 ", "A100-80Gx8", Some("A100-80G"), 8),
            ("H100x8", "H100x8", Some("H100"), 8),
            ("B200x16", "B200x16", Some("B200"), 16),
            ("CX100", "CX100", Some("CX100"), 1),
        ] {
            let read = MachineType::of(text).unwrap_or_else(|| panic!("{text} was not read"));
            assert_eq!((read.label.as_str(), read.gpu()), (label, gpu), "{text}");
            assert_eq!(read.gpu_count(), Number::from(i64::from(count)), "{text}");
        }
    }

    #[test]
    fn other_texts_are_no_labels() {
        for text in [
            "",
            " ",
            "C",
            "4000",
            "Standard",
            "A4000 x2",
            "A4000,A5000",
            "Ä4000",
            "C5x2",
            "H100x0",
            "H100x08",
            "H100x99999999999",
        ] {
            assert_eq!(MachineType::of(text), None, "{text}");
        }
    }
}
