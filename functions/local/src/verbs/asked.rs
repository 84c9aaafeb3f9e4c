//! Asking for runs after something was stored.

use listsync_core::{
    id::{LinkId, ListId},
    trigger::Reason,
};
use listsync_engine::{Ports, ports::PortResult, trigger};

/// The links that were asked to run.
pub(super) struct Asked {
    /// Their ids.
    pub(super) links: Vec<LinkId>,
}

impl Asked {
    /// Asks for a run of each link of a list whose change is stored by now.
    pub(super) async fn after_change(ports: &Ports, list: &ListId, reason: Reason) -> PortResult<Self> {
        Ok(Self { links: trigger::raise_list(ports, list, reason).await? })
    }

    /// A line for a person.
    pub(super) fn text(&self) -> String {
        match self.links.len() {
            0 => String::new(),
            1 => {
                "\nIts link is queued for a sync: the worker takes it, or run 'listsync work --until-empty'."
                    .to_owned()
            }
            many => {
                format!(
                    "\nIts {many} links are queued for a sync: the worker takes them, or run 'listsync work --until-empty'."
                )
            }
        }
    }
}
