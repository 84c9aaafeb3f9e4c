//! What a person changes of a link that is there. It keeps what the link remembers: nobody joins or leaves because a link was
//! made anew.

use std::time::Duration;

use super::{Agents, Externals, Extras, Link, RemovalLimit, SharedMailboxes, Writes};
use crate::{
    belief::Settling,
    own::Own,
    settings::{Protected, Settings},
};

/// A change of a link: what it does not name stays. List, group, mode and first merge are what the link is, and not here.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LinkPatch {
    /// How often it is due.
    pub every: Option<Own<Duration>>,
    /// How long what was written or newly seen outranks one read that contradicts it.
    pub settle_window: Option<Own<Duration>>,
    /// How many removals go on without a person.
    pub max_removals: Option<Own<RemovalLimit>>,
    /// How long whoever left the list stays in the group; zero: not at all.
    pub grace: Option<Duration>,
    /// What becomes of extras in a one-way mode.
    pub extras: Option<Extras>,
    /// What is done with external contacts.
    pub externals: Option<Externals>,
    /// What is done with shared mailboxes.
    pub shared_mailboxes: Option<SharedMailboxes>,
    /// What is done with agents.
    pub agents: Option<Agents>,
    /// Who is never removed, in place of those who were named before.
    pub protected: Option<Protected>,
    /// Who carries out what is planned for the group.
    pub writes: Option<Writes>,
}

impl Link {
    /// The link after a change.
    #[must_use]
    pub fn patched(&self, patch: &LinkPatch) -> Self {
        let LinkPatch {
            every,
            settle_window,
            max_removals,
            grace,
            extras,
            externals,
            shared_mailboxes,
            agents,
            protected,
            writes,
        } = patch.clone();
        let mut after = self.clone();
        after.every = every.map_or(self.every, Own::value);
        after.settle_window = settle_window.map_or(self.settle_window, Own::value);
        after.max_removals = max_removals.map_or(self.max_removals, Own::value);
        after.grace = grace.unwrap_or(self.grace);
        after.extras = extras.unwrap_or(self.extras);
        after.externals = externals.unwrap_or(self.externals);
        after.members.shared_mailboxes = shared_mailboxes.unwrap_or(self.members.shared_mailboxes);
        after.members.agents = agents.unwrap_or(self.members.agents);
        after.members.protected = protected.unwrap_or(after.members.protected);
        after.writes = writes.unwrap_or(self.writes);
        after
    }

    /// Whether a change made it one that removes extras.
    #[must_use]
    pub fn begins_to_remove_extras(&self, before: &Self) -> bool {
        (before.extras, self.extras) == (Extras::Keep, Extras::Remove)
    }

    /// Whether runs look at members whom they left alone before the change: what was left aside then is found by a full read
    /// alone.
    #[must_use]
    pub fn looks_at_others_than(&self, before: &Self) -> bool {
        let is_other = (self.externals, &self.members) != (before.externals, &before.members);
        is_other || self.begins_to_remove_extras(before)
    }
}

impl Settings {
    /// The settings as they are in force for a link.
    #[must_use]
    pub fn of_link(&self, link: &Link) -> Self {
        let window = link.settle_window.unwrap_or(self.settle_window);
        Self { settle_window: Settling::new(link.scheme().lag(), window).window(), ..self.clone() }
    }
}
