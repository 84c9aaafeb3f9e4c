//! What every handler stands on.

use std::{ops::Deref, sync::Arc};

use listsync_core::Timestamp;
use listsync_engine::{Ports, service::Service};

use crate::{keys::Uses, options::Options, rate::Rate, uploads::Uploads};

/// What every handler stands on. Clones are the same.
#[derive(Clone)]
pub(crate) struct App(Arc<Inner>);

/// What an [`App`] holds.
pub(crate) struct Inner {
    /// The list service.
    pub(crate) service: Service,
    /// What the host said.
    pub(crate) options: Options,
    /// How often callers asked.
    pub(crate) rate: Rate,
    /// When keys were used last, as far as this process told the store.
    pub(crate) uses: Uses,
    /// Who sends a large file at the moment.
    pub(crate) uploads: Uploads,
}

impl App {
    pub(crate) fn new(service: Service, options: Options) -> Self {
        let (rate, uses, uploads) = (Rate::default(), Uses::default(), Uploads::default());
        Self(Arc::new(Inner { service, options, rate, uses, uploads }))
    }
}

impl Inner {
    /// What the engine stands on.
    pub(crate) fn ports(&self) -> &Ports {
        &self.service.ports
    }

    /// Now.
    pub(crate) fn now(&self) -> Timestamp {
        self.ports().clock.now()
    }
}

impl Deref for App {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.0
    }
}
