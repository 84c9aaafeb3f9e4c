use std::time::Duration;

use listsync_core::{
    Timestamp,
    belief::Settling,
    link::{Link, Side},
    settings::Settings,
    trigger::Reason,
};

use crate::{
    Ports,
    ports::{Call, Changes, LinkState, Meter, Places, PortResult, Progress},
    watch::Watch,
};

/// What is kept of the time: saving and handing over need that much.
const RESERVE: Duration = Duration::from_secs(5);

/// What looking at a link needs; it writes nothing that a run could miss.
#[derive(Clone, Copy)]
pub(crate) struct Look<'a> {
    pub(crate) ports: &'a Ports,
    pub(crate) state: &'a LinkState,
    pub(crate) settings: &'a Settings,
    pub(crate) reason: Reason,
    pub(crate) until: Timestamp,
    pub(crate) meter: &'a Meter,
    pub(crate) watch: &'a dyn Watch,
    pub(crate) matches: Matches,
    /// What changed in the group, where that was read a moment before the lease was taken.
    pub(crate) seen: Option<&'a Changes>,
}

/// What becomes of the matches that a look finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Matches {
    /// They are saved, so that nobody is looked up twice.
    Saved,
    /// They are not: a preview changes nothing.
    Unsaved,
}

impl<'a> Look<'a> {
    pub(crate) fn link(&self) -> &'a Link {
        &self.state.link
    }

    /// The places of the kind that the link leads to.
    pub(crate) fn places(&self) -> &'a dyn Places {
        self.ports.places(self.link().scheme())
    }

    pub(crate) fn progress(&self) -> &'a Progress {
        &self.state.progress
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.ports.clock.now()
    }

    /// How long what is seen of the link's place may be behind.
    pub(crate) fn settling(&self) -> Settling {
        Settling::new(self.link().scheme().lag(), self.settings.settle_window)
    }

    /// For calls to the directory that write nothing.
    pub(crate) fn call(&self) -> Call<'a> {
        Call { until: self.until, meter: self.meter }
    }

    /// Whether somebody wants it to end.
    pub(crate) fn is_stopped(&self) -> bool {
        self.watch.stop().is_some_and(|stop| *stop.borrow())
    }

    /// Whether it is time to save and let another run go on.
    pub(crate) fn is_out_of_time(&self) -> bool {
        self.is_stopped() || self.until.checked_sub(RESERVE).unwrap_or(Timestamp::MIN) <= self.now()
    }

    /// Where people who opt out are counted: everybody once, on the side that the link writes last.
    pub(crate) fn side_of_opt_outs(&self) -> Side {
        if self.link().writes_group() { Side::Group } else { Side::List }
    }

    pub(crate) async fn list_size(&self) -> PortResult<u64> {
        self.ports.lists.size(&self.link().list).await
    }
}
