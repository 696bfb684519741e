//! Turning machines on and off, and deleting them.

use super::call::{Answer, Call};
use super::problem::Problem;
use crate::sim::lifecycle::Kind;
use crate::sim::record::State;

pub(crate) fn start(call: &mut Call<'_>) -> Answer {
    switch(call, Kind::Start, State::Off)
}

pub(crate) fn stop(call: &mut Call<'_>) -> Answer {
    switch(call, Kind::Stop, State::Ready)
}

pub(crate) fn restart(call: &mut Call<'_>) -> Answer {
    switch(call, Kind::Restart, State::Ready)
}

/// Begins a change of power, which needs the machine in a certain state.
fn switch(call: &mut Call<'_>, kind: Kind, needed: State) -> Answer {
    let id = call.param("id");
    call.no_body()?;
    let machine = call.idle_machine(&id)?;
    if machine.state != needed {
        let (verb, state, needed) = (kind.event_name(), machine.state.as_str(), needed.as_str());
        return Err(Problem::precondition(format!(
            "Cannot {verb} a machine that is {state}; it must be {needed}"
        )));
    }
    let event_id = call.begin(&id, kind);
    Ok(call.machine_and_event(&id, &event_id))
}

pub(crate) fn delete(call: &mut Call<'_>) -> Answer {
    let id = call.param("id");
    call.idle_machine(&id)?;
    let event_id = call.begin(&id, Kind::Deactivate);
    Ok(call.machine_and_event(&id, &event_id))
}
