//! Runs that are not taken back at all, and what to do instead.

use crate::{
    Timestamp,
    link::{LinkStatus, Mode, Phase},
    list::ListKind,
    summary::Summary,
};

/// What is known of a run that is to be taken back, beside its effects.
#[derive(Debug, Clone, Copy)]
pub struct RunFacts<'a> {
    /// What it kept of itself.
    pub summary: &'a Summary,
    /// Which side its link leads by, now; none: the link was removed.
    pub mode: Option<Mode>,
    /// Whether the link runs.
    pub status: LinkStatus,
    /// Whether the link's first run has finished.
    pub phase: Phase,
    /// Who decides who is on its list.
    pub kind: &'a ListKind,
    /// Nothing is known for certain of what happened before.
    pub known_since: Timestamp,
}

/// Why a run is not taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The link was removed.
    #[error("the link of this run was removed, and nothing would carry an undo to its group")]
    NoLink,
    /// The link is paused or halted.
    #[error("the link of this run is {0}, and nothing would carry an undo to its group")]
    Stopped(LinkStatus),
    /// The group leads.
    #[error(
        "the link of this run writes the list alone: its group decides who is on the list, and brings everybody back"
    )]
    GroupDecides,
    /// The filter leads.
    #[error("the list of this run is kept by its filter, which decides anew who is on it")]
    FilterDecides,
    /// It joined two sides.
    #[error("this was a first run, which brought the list and the group together for the first time")]
    FirstRun,
    /// What it did is not kept, or not for certain.
    #[error("of this run it is not kept any more, or was not yet, what it did to whom")]
    NotKept,
}

impl Refused {
    /// A stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NoLink => "undo_no_link",
            Self::Stopped(_) => "undo_stopped",
            Self::GroupDecides => "undo_group_decides",
            Self::FilterDecides => "undo_filter_decides",
            Self::FirstRun => "undo_first_run",
            Self::NotKept => "undo_not_kept",
        }
    }

    /// What to do instead.
    #[must_use]
    pub fn hint(self) -> &'static str {
        match self {
            Self::NoLink => {
                "link the list again, and edit it: listsync runs show RUN --members tells whom the run moved"
            }
            Self::Stopped(_) => "resume it: listsync links resume LINK",
            Self::GroupDecides => {
                "change the group in the directory: listsync runs show RUN --members tells whom the run moved"
            }
            Self::FilterDecides => {
                "change the filter: listsync lists edit LIST --filter …, or the people it is about"
            }
            Self::FirstRun => {
                "no state before it is one that both sides shared: take people off the list that do not belong there, or unlink"
            }
            Self::NotKept => "edit the list: listsync lists add, or listsync lists remove",
        }
    }

    /// Whether a run is refused, and why.
    #[must_use]
    pub fn of(run: &RunFacts<'_>) -> Option<Self> {
        let RunFacts { summary, mode, status, phase, kind, known_since } = run;
        match (mode, kind) {
            (None, _) => return Some(Self::NoLink),
            (_, ListKind::Filtered { .. }) => return Some(Self::FilterDecides),
            (Some(Mode::GroupToList), _) => return Some(Self::GroupDecides),
            (Some(Mode::TwoWay | Mode::ListToGroup), ListKind::Static) => {}
        }
        match (summary.phase, phase) {
            // While a first run goes on, or a relink has begun one, nothing is agreed that could be brought back.
            (Some(Phase::First), _) | (_, Phase::First) => return Some(Self::FirstRun),
            // A version that did not say whether it was a first run.
            (None, Phase::Steady) => return Some(Self::NotKept),
            (Some(Phase::Steady), Phase::Steady) => {}
        }
        // That nothing is kept of a younger run proves nothing: it may have found everybody where they were to be.
        if summary.started_at < *known_since {
            return Some(Self::NotKept);
        }
        match status {
            LinkStatus::Active => None,
            LinkStatus::Paused | LinkStatus::Halted(_) => Some(Self::Stopped(*status)),
        }
    }
}
