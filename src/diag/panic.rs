//! What is told of a panic: what was said in it, and the message for the user.
//!
//! A panic is a bug of this program, whoever catches it, so it is told in the same words everywhere. Catching it, and the
//! report that goes to the log, are for others.

use std::any::Any;

use super::Diagnostic;

/// What was said in the panic.
pub fn message(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}

/// What the user is told of a panic while something was done, such as `answering ReadResource`.
pub fn diagnostic(doing: &str, payload: &(dyn Any + Send)) -> Diagnostic {
    let message = message(payload);
    Diagnostic::error(
        "Provider Panicked",
        format!(
            "While {doing}, the provider came to a point that was thought impossible: {message}\n\nThis is a bug in the \
             provider and not in the configuration; what had been made by then is recorded in the state. Please report it \
             to the provider's developers, together with the lines from \"panic:\" on in the log that TF_LOG=debug shows."
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_of_message_are_found() {
        assert_eq!(message(&"a"), "a");
        assert_eq!(message(&"b".to_owned()), "b");
        assert_eq!(message(&3), "no message");
    }

    #[test]
    fn the_user_is_told_what_was_being_done_and_what_was_said() {
        let diagnostic = diagnostic("changing a toy_thing", &"no such index");
        assert_eq!(diagnostic.summary, "Provider Panicked");
        assert!(
            diagnostic.detail.starts_with(
                "While changing a toy_thing, the provider came to a point that was thought impossible: no such index\n"
            ),
            "{}",
            diagnostic.detail
        );
    }
}
