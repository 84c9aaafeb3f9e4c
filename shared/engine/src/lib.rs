//! The run of one link, the fan-out over links, and the ports that both stand on.
//!
//! No vendor's words occur here: adapters translate.

use std::sync::Arc;

pub mod alerts;
pub mod answered;
pub mod audit;
mod by_hand;
mod chosen;
pub mod colleagues;
pub mod connect;
pub mod credentials;
pub mod departures;
pub mod effects;
mod ends;
pub mod fan_out;
pub mod filtered;
pub mod gate;
pub mod groups;
pub mod history;
pub mod imports_undo;
mod linkable;
pub mod naming;
mod new_group;
pub mod notices;
pub mod people;
pub mod permissions;
pub mod ports;
pub mod preview;
pub mod prune;
pub mod pushed;
pub mod rule;
pub mod run;
pub mod service;
pub mod settings;
pub mod status;
pub mod throttle;
pub mod trigger;
pub mod undo;
pub mod unheard;
pub mod watch;
pub mod why;
pub mod worker;

use listsync_core::place::Scheme;
use ports::{Clock, Directory, Gate, Links, ListStore, Places, Queue, Runs, SettingsStore};

/// Everything that the engine needs of the world.
#[derive(Clone)]
pub struct Ports {
    /// The tenant's directory.
    pub directory: Arc<dyn Directory>,
    /// The list service.
    pub lists: Arc<dyn ListStore>,
    /// State of the links.
    pub links: Arc<dyn Links>,
    /// Summaries.
    pub runs: Arc<dyn Runs>,
    /// Until when to stay away from the directory.
    pub gate: Arc<dyn Gate>,
    /// The queue between timer and worker.
    pub queue: Arc<dyn Queue>,
    /// The List Service settings.
    pub settings: Arc<dyn SettingsStore>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

impl Ports {
    /// The places of this kind.
    #[must_use]
    pub fn places(&self, scheme: Scheme) -> &dyn Places {
        match scheme {
            Scheme::Entra => self.directory.as_ref(),
        }
    }
}
