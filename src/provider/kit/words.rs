//! The words for what goes wrong while something is done to an object, the same for every kind.

use std::time::Duration;

use tokio::time::Instant;

use super::facts::EventFacts;
use super::judge::Why;
use super::wait::{Halt, Work};
use crate::diag::Diagnostic;
use crate::provider::errors;

/// What was being done, in words for the user.
#[derive(Clone, Debug)]
pub struct Task {
    /// Such as `create the machine "trainer"`.
    pub doing: String,
    /// What an error leaves behind.
    pub left: Left,
    /// When it began.
    pub started: Instant,
}

/// What an error leaves behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// An object that was made by this operation, and that Terraform marks as tainted because of the error.
    Tainted,
    /// An object that is in the state as it is; the next plan shows what is left to do.
    Changed,
    /// An object that is still in the state and was to be destroyed.
    Undestroyed,
    /// An object that an action was invoked on, which no state follows.
    Invoked,
}

impl Left {
    fn advice(self, noun: &str) -> String {
        match self {
            Self::Tainted => format!(
                "The {noun} is in the state, but marked as tainted: the next apply would replace it. If it is good, or gets \
                 well, keep it with `terraform untaint` and the resource's address."
            ),
            Self::Changed => "The next plan shows what is left to do.".to_owned(),
            Self::Undestroyed => format!(
                "The {noun} is still in the state. The next plan looks whether it is gone, and a further destroy carries on."
            ),
            Self::Invoked => {
                format!("No plan carries on with it: look at the {noun}, and invoke the action again if need be.")
            }
        }
    }
}

/// A noun in title case.
pub fn titled(noun: &str) -> String {
    let capital = |word: &str| {
        let mut letters = word.chars();
        let first = letters.next().map(|letter| letter.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>()
    };
    noun.split(' ').map(capital).collect::<Vec<_>>().join(" ")
}

impl Work {
    /// What is known of the object: its key, its last state and its last event.
    pub fn known(&self) -> String {
        let mut text = format!("The {} is {}", self.noun, self.key);
        match &self.seen {
            Some(facts) => text.push_str(&format!(", last seen in the state \"{}\"", facts.word)),
            None => text.push_str(", which was not seen yet"),
        }
        if let Some(event) = &self.event {
            text.push_str(&format!(
                "; its last event is \"{}\" ({}), {}",
                name_of(event),
                event.id,
                event.state.as_str()
            ));
        }
        text.push('.');
        text
    }
}

fn name_of(event: &EventFacts) -> &str {
    event.name.as_deref().unwrap_or("operation")
}

/// The error for an operation that did not come to its end.
pub fn halted(task: &Task, work: &Work, halt: &Halt) -> Diagnostic {
    let (doing, noun, key) = (&task.doing, work.noun, &work.key);
    let known = work.known();
    let advice = task.left.advice(noun);
    match halt {
        Halt::Api(error) => {
            let mut diagnostic = errors::diagnostic(doing, error);
            diagnostic.detail.push_str(&format!("\n\n{known} {advice}"));
            diagnostic
        }
        Halt::Blind(error) => {
            let mut diagnostic = errors::diagnostic(&format!("see what became of it: {doing}"), error);
            diagnostic.detail = format!(
                "Could not look any more while waiting to {doing}.\n\n{}\n\n{known} The service may still finish. {advice}",
                errors::told(error)
            );
            diagnostic
        }
        Halt::Interrupted => Diagnostic::error(
            "Interrupted",
            format!("Stopped waiting to {doing}, since the run was interrupted. {known}\n\n{advice}"),
        ),
        Halt::TimedOut(trouble) => {
            let waited = humantime::format_duration(Duration::from_secs(task.started.elapsed().as_secs()));
            let trouble = trouble
                .as_ref()
                .map(|error| format!(" The last request failed: {}", errors::told(error)));
            Diagnostic::error(
                "Time Is Up",
                format!(
                    "Gave up waiting to {doing} after {waited}. {known}{}\n\nThe service may still finish. {advice} If it \
                     regularly takes longer, raise {}.",
                    trouble.unwrap_or_default(),
                    match task.left {
                        Left::Invoked => "the action's `timeout`",
                        Left::Tainted | Left::Changed | Left::Undestroyed => "the resource's `timeouts`",
                    },
                ),
            )
        }
        Halt::Failed(Why::Event(event)) => {
            let name = name_of(event);
            let reason = match event.error.as_deref() {
                Some(reason) => format!("with this reason: {reason}"),
                None => "without giving a reason".to_owned(),
            };
            Diagnostic::error(
                "Paperspace Gave Up the Operation",
                format!(
                    "Could not {doing}: the service ended its event \"{name}\" ({}) as {} {reason}. {known}\n\nThis is on the \
                     side of the service. {} {advice} If it goes on, ask Paperspace's support about that event.",
                    event.id,
                    event.state.as_str(),
                    likely_cause(name),
                ),
            )
        }
        Halt::Failed(Why::Stays(word)) => Diagnostic::error(
            format!("{} Stays as It Is", titled(noun)),
            format!(
                "Could not {doing}: nothing is going on any more, and the {noun} stays \"{word}\". {known}\n\nThis is on the \
                 side of the service. {} {advice}",
                match &work.event {
                    Some(event) => likely_cause(name_of(event)),
                    None => likely_cause(""),
                },
            ),
        ),
        Halt::Gone if task.left == Left::Invoked => Diagnostic::error(
            format!("{} Is Gone", titled(noun)),
            format!(
                "Could not {doing}: Paperspace does not know the {noun} {key}, or no longer. Check the id, and that the API key is of \
                 the team that the {noun} belongs to."
            ),
        ),
        Halt::Gone => Diagnostic::error(
            format!("{} Is Gone", titled(noun)),
            format!(
                "Could not {doing}: Paperspace does not know the {noun} {key}, or no longer. If somebody or something else \
                 deleted it, the next plan notices it and proposes a new one. If it was made just now, it may still appear: \
                 the next plan looks for it again.{}",
                match task.left {
                    Left::Tainted => format!(" {advice}"),
                    Left::Changed | Left::Undestroyed | Left::Invoked => String::new(),
                }
            ),
        ),
    }
}

/// The warning for a new object that could not be watched until it was made: nothing is known to be wrong with it, and an
/// error beside it would have it replaced. `None` where the operation ended otherwise.
pub fn unwatched(work: &Work, halt: &Halt) -> Option<Diagnostic> {
    let (noun, known) = (work.noun, work.known());
    let title = titled(noun);
    let warning = match halt {
        Halt::Interrupted => Diagnostic::warning(
            format!("{title} Still Being Created"),
            format!(
                "The run was interrupted while the {noun} was being created. {known} It is recorded in the state as it is, \
                 and may cost money. The next plan looks at it again; nothing needs to be cleaned up."
            ),
        ),
        Halt::Blind(error) => Diagnostic::warning(
            format!("{title} Not Seen to the End"),
            format!(
                "The {noun} was created, but looking at it became impossible before it was seen to be done:\n{}\n\n{known} It \
                 is recorded in the state as it is. What uses it may come too early. The next plan looks at it again; nothing \
                 needs to be cleaned up.",
                errors::told(error)
            ),
        ),
        _ => return None,
    };
    Some(warning.about(&work.key))
}

/// The error of a plan, under `unique_names`, where there is one of that name.
pub fn name_is_taken(noun: &str, name: &str, keys: &[String]) -> Diagnostic {
    Diagnostic::error(
        "Name Is Taken",
        format!(
            "The provider block says `unique_names = true`, and there is a {noun} named \"{name}\" already: {}. If an earlier \
             run made it and was killed before it could say so, import it. Two resources cannot share a name then, and with \
             `create_before_destroy` a replacement needs a new name.",
            keys.join(", ")
        ),
    )
    .at("name")
}

/// The warning of a plan where there is one of that name, which nothing read in this run.
pub fn name_exists(noun: &str, name: &str, keys: &[String]) -> Diagnostic {
    Diagnostic::warning(
        format!("{} of the Same Name Exists", titled(noun)),
        format!(
            "There is a {noun} named \"{name}\" already, which this configuration does not manage as far as it was read: {}. It \
             may be another configuration's, or be left behind by a run that was killed. A new one of the same name is possible.",
            keys.join(", ")
        ),
    )
    .at("name")
}

/// The warning of a plan that replaces something: what is lost with it. `object` is its name, or else its key.
pub fn will_be_replaced(noun: &str, object: &str, what: &str, lost: &str) -> Diagnostic {
    Diagnostic::warning(
        format!("{} Will Be Replaced", titled(noun)),
        format!("The change replaces {what}, and with it is lost {lost}."),
    )
    .about(object)
}

/// What most often lets an event of that name fail, and what helps.
fn likely_cause(event: &str) -> &'static str {
    match event {
        "create" | "start" | "restart" | "vm-upgrade" | "vm-migrate" => {
            "Most often it has no capacity for the machine type in that region, or a quota is used up: try another machine \
             type or region, or again later."
        }
        _ => "Apply again later.",
    }
}

#[cfg(test)]
mod tests {
    use super::super::facts::{Facts, Rest};
    use super::super::wait::Terms;
    use super::*;
    use crate::api::{Cancel, Error, EventState, Kind, Pace};

    fn work() -> Work {
        let terms = Terms {
            deadline: Instant::now(),
            cancel: Cancel::new(),
            pace: Pace::default(),
        };
        Work::new("shared drive", "sd1", terms)
    }

    fn event(name: &str, error: Option<&str>) -> EventFacts {
        EventFacts {
            id: "e1".into(),
            name: Some(name.into()),
            state: EventState::Error,
            error: error.map(crate::diag::Words::new),
            created: None,
            finished: true,
        }
    }

    fn task(left: Left) -> Task {
        Task {
            doing: "create the shared drive \"data\"".into(),
            left,
            started: Instant::now(),
        }
    }

    #[tokio::test]
    async fn every_error_that_leaves_a_tainted_object_tells_of_untaint() {
        let error = || Error::new(Kind::Forbidden, "GET /shared-drives/sd1", "No.");
        for halt in [
            Halt::Interrupted,
            Halt::TimedOut(None),
            Halt::TimedOut(Some(error())),
            Halt::Failed(Why::Event(event("create", None))),
            Halt::Failed(Why::Stays("off".into())),
            Halt::Gone,
            Halt::Blind(error()),
            Halt::Api(error()),
        ] {
            for (left, expected) in [
                (Left::Tainted, true),
                (Left::Changed, false),
                (Left::Undestroyed, false),
                (Left::Invoked, false),
            ] {
                let detail = halted(&task(left), &work(), &halt).detail;
                assert_eq!(detail.contains("`terraform untaint`"), expected, "{halt:?} {left:?}");
                assert!(detail.contains("create the shared drive \"data\""), "{detail}");
                assert!(detail.contains("sd1"), "{detail}");
            }
        }
    }

    #[tokio::test]
    async fn what_could_not_be_watched_is_a_warning_and_nothing_else_is() {
        let work = work();
        let error = Error::new(Kind::Forbidden, "GET /shared-drives/sd1", "No.");
        for (halt, expected) in [
            (Halt::Interrupted, Some("Shared Drive Still Being Created (sd1)")),
            (
                Halt::Blind(error.clone()),
                Some("Shared Drive Not Seen to the End (sd1)"),
            ),
            (Halt::Api(error.clone()), None),
            (Halt::TimedOut(Some(error)), None),
            (Halt::Gone, None),
            (Halt::Failed(Why::Stays("off".into())), None),
        ] {
            let told = unwatched(&work, &halt);
            assert_eq!(told.as_ref().map(|told| told.summary.as_str()), expected, "{halt:?}");
            assert!(told.is_none_or(|told| !told.is_error() && told.detail.contains("sd1")));
        }
    }

    #[tokio::test]
    async fn what_is_known_names_state_and_event() {
        let mut work = work();
        assert_eq!(work.known(), "The shared drive is sd1, which was not seen yet.");
        work.seen = Some(Facts {
            key: "sd1".into(),
            name: None,
            created: None,
            deleted: None,
            rest: Rest::Moving,
            word: "making".into(),
        });
        work.event = Some(event("create", None));
        assert_eq!(
            work.known(),
            "The shared drive is sd1, last seen in the state \"making\"; its last event is \"create\" (e1), error."
        );
    }

    #[tokio::test]
    async fn a_failed_event_gives_its_reason_and_what_helps() {
        let told = |event| halted(&task(Left::Changed), &work(), &Halt::Failed(Why::Event(event)));
        let full = told(event("create", Some("Out of GPUs.")));
        assert_eq!(full.summary, "Paperspace Gave Up the Operation");
        assert!(
            full.detail
                .contains("\"create\" (e1) as error with this reason: Out of GPUs.")
        );
        assert!(full.detail.contains("another machine type or region"));
        let bare = told(event("stop", None)).detail;
        assert!(bare.contains("without giving a reason") && bare.contains("Apply again later."));
    }

    #[tokio::test]
    async fn what_stays_as_it_is_is_told_with_the_likely_cause() {
        let mut work = work();
        work.event = Some(event("create", None));
        let told = halted(&task(Left::Tainted), &work, &Halt::Failed(Why::Stays("off".into())));
        assert_eq!(told.summary, "Shared Drive Stays as It Is");
        assert!(told.detail.contains("stays \"off\"") && told.detail.contains("capacity"));
    }
}
