//! The functions `provider::paperspace::region` and `provider::paperspace::machine_type`.

use super::machine_type::MachineType;
use super::region;
use crate::diag::Words;
use crate::server::{Function, FunctionError, Parameter, Signature};
use crate::value::{Type, Value};

/// `region`: the slug of a region in any spelling.
pub struct RegionFunction;

impl Function for RegionFunction {
    const NAME: &'static str = "region";

    fn signature() -> Signature {
        Signature {
            summary: "The slug of a region",
            description: "Gives the slug of a region, such as `ny2`, whether it is written as a label, `East Coast (NY2)`, or as a \
                          slug in any case. So regions that come from different places can be compared, or be keys of one map. \
                          A text that is none of the regions which this version of the provider knows is an error.",
            parameters: vec![Parameter {
                name: "text",
                ty: Type::String,
                description: "The region in any spelling.",
            }],
            returns: Type::String,
        }
    }

    fn call(arguments: &[Value]) -> Result<Value, FunctionError> {
        let text = text(arguments);
        match region::is_known(text) {
            true => Ok(Value::string(region::slug(text))),
            false => Err(FunctionError::of_argument(
                0,
                format!(
                    "\"{}\" is no region that this version of the provider knows. These are {}, each also by its slug.",
                    Words::short(text),
                    region::KNOWN.join(", ")
                ),
            )),
        }
    }
}

/// `machine_type`: what a machine type's label says.
pub struct MachineTypeFunction;

impl Function for MachineTypeFunction {
    const NAME: &'static str = "machine_type";

    fn signature() -> Signature {
        let members = [
            ("label", Type::String),
            ("gpu", Type::String),
            ("gpu_count", Type::Number),
            ("is_gpu", Type::Bool),
        ];
        Signature {
            summary: "What a machine type's label says",
            description: "Reads the label of a machine type, in any case, and gives an object of `label`, as Paperspace writes it; \
                          `gpu`, the GPU in the words of the label, null for a type without; `gpu_count`, how many there are; and \
                          `is_gpu`. The label is read by its form, so that types newer than this version of the provider are \
                          understood too: `machine_type(\"A100-80Gx8\")` has the `gpu` `A100-80G` and the `gpu_count` 8.",
            parameters: vec![Parameter {
                name: "label",
                ty: Type::String,
                description: "The label of a machine type, such as `C5`, `A4000` or `H100x8`.",
            }],
            returns: Type::Object(members.map(|(name, ty)| (name.to_owned(), ty)).into()),
        }
    }

    fn call(arguments: &[Value]) -> Result<Value, FunctionError> {
        let text = text(arguments);
        let Some(machine_type) = MachineType::of(text) else {
            return Err(FunctionError::of_argument(
                0,
                format!(
                    "\"{}\" does not have the form of a machine type's label. Labels are such as C5, of a type without a GPU, \
                     A4000, of one with a GPU, and A100-80Gx8, of one with eight.",
                    Words::short(text)
                ),
            ));
        };
        Ok(Value::object([
            ("gpu", machine_type.gpu().map_or(Value::Null, Value::string)),
            ("gpu_count", Value::Number(machine_type.gpu_count())),
            ("is_gpu", Value::Bool(machine_type.gpus.is_some())),
            ("label", Value::String(machine_type.label)),
        ]))
    }
}

/// The only argument, which is a text by its type.
fn text(arguments: &[Value]) -> &str {
    arguments.first().and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Number;

    fn called<F: Function>(text: &str) -> Result<Value, String> {
        F::call(&[Value::string(text)]).map_err(|error| {
            assert_eq!(error.argument, Some(0));
            error.text
        })
    }

    #[test]
    fn a_region_in_any_spelling_is_its_slug() {
        for (text, slug) in [
            ("ny2", "ny2"),
            ("NY2", "ny2"),
            ("East Coast (NY2)", "ny2"),
            (" west coast (ca1)", "ca1"),
            ("Europe (AMS1)", "ams1"),
        ] {
            assert_eq!(called::<RegionFunction>(text), Ok(Value::string(slug)), "{text}");
        }
        for text in ["", "East Coast", "sg1", "ny2 (x)"] {
            let error = called::<RegionFunction>(text).unwrap_err();
            assert!(error.starts_with(&format!("\"{text}\" is no region")), "{error}");
            for known in region::KNOWN {
                assert!(error.contains(known), "{error}");
            }
        }
    }

    #[test]
    fn a_label_tells_what_it_says() {
        let object = |label: &str, gpu: Value, count: i64, is_gpu: bool| {
            Value::object([
                ("label", Value::string(label)),
                ("gpu", gpu),
                ("gpu_count", Value::Number(Number::from(count))),
                ("is_gpu", Value::Bool(is_gpu)),
            ])
        };
        for (text, expected) in [
            ("c5", object("C5", Value::Null, 0, false)),
            ("A4000", object("A4000", Value::string("A4000"), 1, true)),
            ("A100-80GX8", object("A100-80Gx8", Value::string("A100-80G"), 8, true)),
        ] {
            assert_eq!(called::<MachineTypeFunction>(text), Ok(expected), "{text}");
        }
        let error = called::<MachineTypeFunction>("large\u{1b}[2J").unwrap_err();
        assert!(
            error.contains("does not have the form") && !error.contains('\u{1b}'),
            "{error}"
        );
    }
}
