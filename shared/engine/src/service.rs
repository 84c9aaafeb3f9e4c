//! What functions need that face people: HTTP, events, the command line.

use std::sync::Arc;

use crate::{
    Ports,
    ports::{AlertNotes, AuditLog, Contacts, Keys, Seen},
};

/// The list service as people meet it.
#[derive(Clone)]
pub struct Service {
    /// What the engine needs of the world.
    pub ports: Ports,
    /// Contacts and their decisions.
    pub contacts: Arc<dyn Contacts>,
    /// Keys and senders that are trusted.
    pub keys: Arc<dyn Keys>,
    /// What was handled before.
    pub seen: Arc<dyn Seen>,
    /// Who did what.
    pub audit: Arc<dyn AuditLog>,
    /// What people were told of without asking.
    pub alerts: Arc<dyn AlertNotes>,
}

impl Service {
    /// Over these ports, with all else that is kept in one store.
    #[must_use]
    pub fn over<S>(store: &Arc<S>, ports: Ports) -> Self
    where
        S: Contacts + Keys + Seen + AuditLog + AlertNotes + 'static,
    {
        Self {
            ports,
            contacts: store.clone(),
            keys: store.clone(),
            seen: store.clone(),
            audit: store.clone(),
            alerts: store.clone(),
        }
    }
}
