//! Settings from the environment, and the ports that they choose: the only place that knows every adapter.

use std::{path::Path, sync::Arc, time::Duration};

use listsync_core::id::TenantId;
use listsync_engine::{
    Ports,
    ports::{Fault, PortError, PortResult, SystemClock},
};
use listsync_graph::{ConnectError, Graph};
use listsync_sqlite::{OpenError, SqliteStore};

mod directory;
mod environment;
mod error;
mod settings;

pub use environment::Environment;
pub use error::SettingError;
pub use settings::{Config, GraphAccess, QueueChoice, Store};

/// Everything that a function runs on.
pub struct Wired {
    /// What the engine needs of the world.
    pub ports: Ports,
    /// How long a message that was taken stays hidden from other workers.
    pub visibility: Duration,
    graph: Result<GraphAccess, SettingError>,
}

impl Wired {
    /// The tenant that this deployment serves.
    ///
    /// # Errors
    /// When the settings for Graph are missing or make no sense.
    pub fn tenant(&self) -> Result<TenantId, SettingError> {
        self.graph().map(|graph| graph.tenant.clone())
    }

    /// How Graph is reached.
    ///
    /// # Errors
    /// When the settings for Graph are missing or make no sense.
    pub fn graph(&self) -> Result<&GraphAccess, SettingError> {
        self.graph.as_ref().map_err(Clone::clone)
    }
}

/// Opens the store and readies the directory, which is connected at its first use: what needs no directory works
/// without its settings.
///
/// # Errors
/// When the store cannot be opened, for instance because a newer version wrote it.
pub fn open(config: Config) -> PortResult<Wired> {
    let Config { store: Store::Sqlite(path), queue: QueueChoice::Embedded, visibility, graph } = config;
    let store = Arc::new(SqliteStore::open(&path).map_err(|error| unopened(&path, &error))?);
    let (access, gate) = (graph.clone(), store.clone());
    let directory = directory::LazyDirectory::new(Box::new(move || {
        let access = access.clone()?;
        let graph =
            Graph::connect(access.settings, gate.clone(), Arc::new(SystemClock)).map_err(unconnected)?;
        Ok(Arc::new(graph))
    }));
    let ports = Ports {
        directory: Arc::new(directory),
        lists: store.clone(),
        links: store.clone(),
        runs: store.clone(),
        gate: store.clone(),
        queue: store.clone(),
        settings: store,
        clock: Arc::new(SystemClock),
    };
    Ok(Wired { ports, visibility, graph })
}

fn unopened(path: &Path, error: &OpenError) -> PortError {
    let (code, hint) = match error {
        OpenError::Newer { .. } => ("store_newer", "update listsync, or name another file in LISTSYNC_STORE"),
        OpenError::NotADatabase | OpenError::Foreign => {
            ("store_foreign", "name another file in LISTSYNC_STORE")
        }
        _ => ("store", "check the path in LISTSYNC_STORE and the file's permissions"),
    };
    PortError::new(Fault::Rejected, code, format!("{}: {error}", path.display())).with_hint(hint)
}

fn unconnected(error: ConnectError) -> PortError {
    let hint = format!("correct {}", error.setting());
    PortError::new(Fault::Denied, "setting", error.to_string()).with_hint(hint)
}
