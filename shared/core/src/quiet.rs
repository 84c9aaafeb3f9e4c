//! A look that finds nothing: when it may do without a lease, and what is kept of it.
//!
//! Nearly every beat finds a link as it was left. Such a look reads the link's row, asks whether the list and the group
//! changed, and its only write is one on that row, conditional on the row being as it was read. Whoever raised the link,
//! took its lease or edited it in between made that write void, and the look goes on as a run. So the look needs no lease:
//! it changes nothing but the row, and what it writes there was true of the row that it replaces.

use serde::{Deserialize, Serialize};

use crate::{
    Timestamp,
    id::{LinkId, RunId},
    link::{Link, LinkStatus, Phase},
    protocol::Generations,
    summary::{Begun, GraphCost, Summary},
    trigger::{Generation, Reason},
};

/// What a link's row says before anything is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// Why the link is looked at.
    pub reason: Reason,
    /// The generation that the message asks for.
    pub asked: Generation,
    /// How far its requests are answered.
    pub generations: Generations,
    /// Whether it runs at all.
    pub status: LinkStatus,
    /// Until when a lease was taken that nobody has given back.
    pub leased_until: Option<Timestamp>,
    /// The token of the last lease that was given.
    pub token: u64,
    /// The token of the run that last left nothing open.
    pub at_rest: Option<u64>,
    /// When both sides are read in full again.
    pub full_read_at: Option<Timestamp>,
    /// When this is judged.
    pub now: Timestamp,
}

/// Whether a look that finds nothing on either side may end without a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// It may.
    Quiet,
    /// It has to be a run under a lease.
    Run,
}

impl Row {
    /// By which way the link is looked at.
    #[must_use]
    pub fn way(&self) -> Way {
        // Who asks by name, or tells of a change, is answered by a run: it tries again what was refused, and sees to ends of
        // memberships that no timer has seen to.
        let is_by_clock = self.reason == Reason::Schedule && self.asked > self.generations.requested;
        // A request that is open may have been raised by whoever stored a change on either side, or by a run that broke off.
        let is_answered = !self.generations.is_open();
        // A lease that ran out was a run that died: it may have left intents. One that was given back without a last write
        // has raised the token just so.
        let was_left_whole = self.leased_until.is_none() && self.at_rest == Some(self.token);
        // What is due by time besides: the rows of members hold none, as nothing of them is open.
        let is_full_read_due = self.full_read_at.is_none_or(|at| at <= self.now);
        match self.status {
            LinkStatus::Active if is_by_clock && is_answered && was_left_whole && !is_full_read_due => {
                Way::Quiet
            }
            _ => Way::Run,
        }
    }
}

/// A run that found nothing, as it stands in its link's row until the next one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quiet {
    /// What tells it from the link's others.
    pub run: RunId,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub finished_at: Timestamp,
    /// How many requests it sent to the directory.
    pub requests: u64,
    /// When the members of the group were counted last, by it or by those before it; none: by none of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counted_at: Option<Timestamp>,
    /// How many in a row found nothing, this one included. Of those before it nothing else is kept.
    pub in_a_row: u64,
}

/// Stands between the link and the run in the id of a run that found nothing. No id of a host has one.
const BETWEEN: char = '~';

impl Quiet {
    /// The id under which it is answered. It begins with the link, in whose row the run stands. None: it would be too long.
    #[must_use]
    pub fn id_of(link: &LinkId, run: &RunId) -> Option<RunId> {
        RunId::parse(&format!("{link}{BETWEEN}{run}")).ok()
    }

    /// In which link's row a run of this id stands; none: it is a summary of its own.
    #[must_use]
    pub fn link_of(id: &RunId) -> Option<LinkId> {
        let (link, _) = id.as_str().rsplit_once(BETWEEN)?;
        LinkId::parse(link).ok()
    }

    /// What people read of it.
    #[must_use]
    pub fn summary(&self, link: &Link, list_name: &str) -> Summary {
        let id = Self::id_of(&link.id, &self.run).unwrap_or_else(|| self.run.clone());
        let begun = Begun {
            run: id,
            link,
            phase: Phase::Steady,
            trigger: Reason::Schedule,
            started_at: self.started_at,
        };
        let took = self.finished_at.duration_since(self.started_at).as_millis().max(0);
        let mut summary = Summary {
            finished_at: self.finished_at,
            graph: GraphCost { requests: self.requests, writes: 0 },
            duration_ms: u64::try_from(took).unwrap_or(u64::MAX),
            ..Summary::begun(begun)
        };
        list_name.clone_into(&mut summary.list.name);
        summary
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::HaltReason;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("a moment")
    }

    fn at_rest() -> Row {
        let generations = Generations { requested: Generation(4), synced: Generation(4) };
        Row {
            reason: Reason::Schedule,
            asked: Generation(5),
            generations,
            status: LinkStatus::Active,
            leased_until: None,
            token: 9,
            at_rest: Some(9),
            full_read_at: Some(at(100)),
            now: at(50),
        }
    }

    #[test]
    fn only_a_link_at_rest_is_looked_at_without_a_lease() {
        let row = at_rest();
        assert_eq!(row.way(), Way::Quiet);
        let open = Generations { requested: Generation(5), synced: Generation(4) };
        for (other, why) in [
            (Row { reason: Reason::OnDemand, ..row }, "a person asks"),
            (Row { reason: Reason::Event, ..row }, "something changed"),
            (Row { reason: Reason::DelayedEvent, ..row }, "something changes"),
            (Row { reason: Reason::Continuation, ..row }, "a run left work"),
            (Row { reason: Reason::FollowUp, ..row }, "somebody asked meanwhile"),
            (Row { asked: Generation(4), ..row }, "it was answered, or raised"),
            (Row { generations: open, asked: Generation(6), ..row }, "a request is open"),
            (Row { status: LinkStatus::Paused, ..row }, "it is paused"),
            (Row { status: LinkStatus::Halted(HaltReason::NoProgress), ..row }, "it is halted"),
            (Row { leased_until: Some(at(60)), ..row }, "a run is going"),
            (Row { leased_until: Some(at(40)), ..row }, "a run died"),
            (Row { token: 10, ..row }, "a run broke off"),
            (Row { at_rest: None, ..row }, "no run left it at rest"),
            (Row { full_read_at: None, ..row }, "it was not read in full"),
            (Row { full_read_at: Some(at(50)), ..row }, "a full read is due"),
        ] {
            assert_eq!(other.way(), Way::Run, "{why}");
        }
    }

    #[test]
    fn the_id_of_a_run_that_found_nothing_names_its_link() {
        let (link, run) = (LinkId::parse("news.eu").expect("an id"), RunId::parse("0190-ab").expect("an id"));
        let id = Quiet::id_of(&link, &run).expect("short enough");
        assert_eq!(Quiet::link_of(&id), Some(link));
        assert_eq!(Quiet::link_of(&run), None);
        let long = LinkId::parse(&"x".repeat(128)).expect("an id");
        assert_eq!(Quiet::id_of(&long, &run), None);
    }
}
