//! What is told of a link where many are shown.

use listsync_core::{
    Timestamp,
    hold::{Hold, Ruling},
    id::{LinkId, ListId, TenantId},
    link::LinkStatus,
    protocol::Generations,
    status::{Failing, LinkFacts, State},
    unsettled::Tally,
};

use super::{LinkState, Progress};

/// A link as a status tells of it, without what only a run of it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkBrief {
    /// Its id.
    pub id: LinkId,
    /// The list.
    pub list: ListId,
    /// The tenant that its groups are of.
    pub tenant: TenantId,
    /// The names of its groups, for people.
    pub group_names: String,
    /// Whether it is run.
    pub status: LinkStatus,
    /// What a status tells of its last runs; none: they left nothing to tell, as with nearly all.
    pub troubles: Option<Box<Troubles>>,
    /// What a person said of the hold.
    pub ruling: Option<Ruling>,
    /// How far its requests are answered.
    pub generations: Generations,
    /// When it is due by the clock.
    pub due_at: Timestamp,
    /// Until when somebody holds its lease.
    pub leased_until: Option<Timestamp>,
    /// When a run finished last.
    pub finished_at: Option<Timestamp>,
}

/// What the runs of a link left to tell.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Troubles {
    /// Why they come to nothing.
    pub failing: Option<Failing>,
    /// What they keep back.
    pub hold: Option<Hold>,
    /// Who was out of step when the last finished one ended.
    pub tally: Tally,
}

impl LinkBrief {
    /// What it keeps back.
    #[must_use]
    pub fn hold(&self) -> Option<&Hold> {
        self.troubles.as_ref()?.hold.as_ref()
    }

    /// How it stands, where the directory asks for patience until then.
    #[must_use]
    pub fn state(&self, closed_until: Option<Timestamp>, now: Timestamp) -> State {
        let none = Troubles::default();
        let Troubles { failing, hold, tally } = self.troubles.as_deref().unwrap_or(&none);
        let facts = LinkFacts {
            status: self.status,
            failing: failing.as_ref(),
            hold: hold.as_ref(),
            ruling: self.ruling.as_ref(),
            tally,
            finished_at: self.finished_at,
            is_requested: self.generations.requested > self.generations.synced,
            leased_until: self.leased_until,
            due_at: self.due_at,
            closed_until,
        };
        State::of(&facts, now)
    }
}

impl From<&LinkState> for LinkBrief {
    fn from(state: &LinkState) -> Self {
        let LinkState { link, progress, .. } = state;
        Self {
            id: link.id.clone(),
            list: link.list.clone(),
            tenant: link.tenant.clone(),
            group_names: link.group_names(),
            status: link.status,
            troubles: progress.troubles(),
            ruling: state.ruling.clone(),
            generations: state.generations(),
            due_at: state.due_at,
            leased_until: state.leased_until,
            finished_at: state.finished_at,
        }
    }
}

impl Progress {
    /// What a status tells of it.
    #[must_use]
    pub fn troubles(&self) -> Option<Box<Troubles>> {
        let Self { failing, hold, tally, .. } = self;
        let is_calm = failing.is_none() && hold.is_none() && *tally == Tally::default();
        let told = || Troubles { failing: failing.clone(), hold: hold.clone(), tally: tally.clone() };
        (!is_calm).then(|| Box::new(told()))
    }
}
