use listsync_core::status::State;
use listsync_engine::status::Row;
use maud::{Markup, html};

use super::{moment, number};

/// A state as a word in a tint, with its number.
pub(crate) fn chip(state: &State) -> Markup {
    let (tint, word) = (tint(state), word(state));
    html! {
        span class={ "state " (tint) } { (word) }
        @if let State::Throttled { until } | State::Waiting { until: Some(until), .. } = state {
            span.under { "until " (moment(*until)) }
        }
    }
}

fn word(state: &State) -> String {
    let with = |word: &str| format!("{word}: {}", number(state.count()));
    match state {
        State::Held { .. } => with("held"),
        State::ImportHeld { .. } => "import held".to_owned(),
        State::NotPlaced { .. } => with("not placed"),
        State::ByHand { .. } => with("to be made by hand"),
        State::Waiting { .. } => with("waiting"),
        State::StaleSource { .. } => "stale source".to_owned(),
        State::NeverRan => "never ran".to_owned(),
        State::Syncing => "syncing now".to_owned(),
        State::Queued => "waiting for a sync".to_owned(),
        State::InStep { .. } => "in step".to_owned(),
        State::NotLinked => "not linked".to_owned(),
        other => other.word().replace('_', " "),
    }
}

fn tint(state: &State) -> &'static str {
    match state {
        State::InStep { .. } => "fine",
        State::Syncing
        | State::Queued
        | State::Waiting { .. }
        | State::Throttled { .. }
        | State::Ruled { .. } => "wait",
        State::NotPlaced { .. } | State::StaleSource { .. } | State::ByHand { .. } => "look",
        State::Held { .. }
        | State::ImportHeld { .. }
        | State::Failing(_)
        | State::Halted { .. }
        | State::Overdue { .. } => "stop",
        State::Paused | State::NeverRan | State::NotLinked => "quiet",
    }
}

/// Whether a person has something to do about it.
pub(crate) fn needs(state: &State) -> bool {
    state.exit_code() >= 3 || matches!(state, State::ByHand { .. } | State::Overdue { .. })
}

/// Whether nothing is to be done or waited for.
pub(crate) fn is_idle(row: &Row) -> bool {
    row.state.exit_code() == 0
}
