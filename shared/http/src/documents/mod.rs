//! The documents that the API answers with, and the command line's `--json` too: one shape for one thing.

pub mod alert;
pub mod audit;
pub mod contact;
pub mod effects;
pub mod export;
pub mod failures;
pub mod group;
pub mod history;
pub mod import;
pub mod import_undo;
pub mod link;
pub mod list;
pub mod plan;
pub mod prune;
pub mod settings;
pub mod status;
pub mod summary;
pub mod trust;
pub mod undo;
pub mod why;
pub mod words;

use listsync_core::id::ListId;
use listsync_engine::{Ports, ports::PortResult};
use serde::Serialize;
use utoipa::ToSchema;

/// Something with its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Named {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
}

impl Named {
    /// A list; under its id where it is gone.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn list(ports: &Ports, id: &ListId) -> PortResult<Self> {
        let found = ports.lists.list(id).await?;
        Ok(Self { id: id.to_string(), name: found.map_or_else(|| id.to_string(), |list| list.name) })
    }
}
