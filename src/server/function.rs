//! Functions that configurations can call by `provider::paperspace::...`.
//!
//! A function is pure: hosts compare what equal calls come to within a run, and from the plan to the apply. So it is given
//! nothing but its arguments, no configured provider, and is called before there is one.

use crate::value::{Type, Value};

/// A function.
pub trait Function: Send + Sync + 'static {
    /// The name, without the provider's.
    const NAME: &'static str;

    /// What it takes and gives.
    fn signature() -> Signature;

    /// Calls it with as many arguments as the signature has parameters, all of them wholly known and not null.
    ///
    /// # Errors
    /// What is wrong with an argument.
    fn call(arguments: &[Value]) -> Result<Value, FunctionError>;
}

/// What a function takes and gives.
#[derive(Clone, Debug, PartialEq)]
pub struct Signature {
    /// What it does, in a sentence of plain text.
    pub summary: &'static str,
    /// What it does, in Markdown.
    pub description: &'static str,
    /// The parameters in order.
    pub parameters: Vec<Parameter>,
    /// The type of the result.
    pub returns: Type,
}

/// A parameter of a function. It takes no null, and nothing unknown reaches the function.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// The name, for documentation and errors.
    pub name: &'static str,
    /// The type.
    pub ty: Type,
    /// What it means, in Markdown.
    pub description: &'static str,
}

/// Why a call came to nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionError {
    /// What is wrong and what to do, in sentences.
    pub text: String,
    /// The argument that is at fault, counted from 0.
    pub argument: Option<usize>,
}

impl FunctionError {
    /// What is wrong with an argument.
    pub fn of_argument(argument: usize, text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            argument: Some(argument),
        }
    }
}

/// A function's entry in the registry.
pub struct FunctionEntry {
    name: &'static str,
    signature: Signature,
    call: fn(&[Value]) -> Result<Value, FunctionError>,
}

impl FunctionEntry {
    pub(super) fn of<F: Function>() -> Self {
        Self {
            name: F::NAME,
            signature: F::signature(),
            call: F::call,
        }
    }

    /// The name, without the provider's.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// What it takes and gives.
    pub fn signature(&self) -> &Signature {
        &self.signature
    }

    /// CallFunction. Hosts let neither null nor the wrong number of arguments through, so both are said for those that do.
    /// Of unknown arguments nothing is known.
    ///
    /// # Errors
    /// What is wrong with an argument.
    pub fn call(&self, arguments: &[Value]) -> Result<Value, FunctionError> {
        let parameters = &self.signature.parameters;
        if arguments.len() != parameters.len() {
            return Err(FunctionError {
                text: format!(
                    "The function {} takes {} arguments and was given {}.",
                    self.name,
                    parameters.len(),
                    arguments.len()
                ),
                argument: None,
            });
        }
        for (position, (argument, parameter)) in arguments.iter().zip(parameters).enumerate() {
            if argument.is_null() {
                let text = format!("The argument \"{}\" must not be null.", parameter.name);
                return Err(FunctionError::of_argument(position, text));
            }
        }
        if !arguments.iter().all(Value::is_wholly_known) {
            return Ok(Value::unknown());
        }
        (self.call)(arguments)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Joins two texts.
    struct Join;

    impl Function for Join {
        const NAME: &'static str = "join";

        fn signature() -> Signature {
            let parameter = |name| Parameter {
                name,
                ty: Type::String,
                description: "A text.",
            };
            Signature {
                summary: "Joins two texts.",
                description: "Joins two texts.",
                parameters: vec![parameter("first"), parameter("second")],
                returns: Type::String,
            }
        }

        fn call(arguments: &[Value]) -> Result<Value, FunctionError> {
            let text: String = arguments.iter().filter_map(Value::as_str).collect();
            Ok(Value::String(text))
        }
    }

    #[test]
    fn a_function_gets_only_what_it_can_work_with() {
        let text = Value::string;
        for (arguments, expected) in [
            (vec![text("a"), text("b")], Ok(text("ab"))),
            (vec![Value::unknown(), text("b")], Ok(Value::unknown())),
            (
                vec![text("a"), Value::Null],
                Err((Some(1), "The argument \"second\" must not be null.")),
            ),
            (
                vec![Value::Null, Value::unknown()],
                Err((Some(0), "The argument \"first\" must not be null.")),
            ),
            (
                vec![text("a")],
                Err((None, "The function join takes 2 arguments and was given 1.")),
            ),
        ] {
            let called = FunctionEntry::of::<Join>().call(&arguments);
            let expected = expected.map_err(|(argument, text)| FunctionError {
                text: text.to_owned(),
                argument,
            });
            assert_eq!(called, expected, "{arguments:?}");
        }
    }
}
