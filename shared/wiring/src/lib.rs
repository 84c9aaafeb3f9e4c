//! Settings from the environment, and the ports that they choose: the only place that knows every adapter.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use listsync_core::{id::TenantId, network::Networks};
use listsync_engine::{
    Ports,
    alerts::Alerting,
    notices::Post,
    ports::{
        AlertNotes, AuditLog, Contacts, Fault, Gate, Keys, Links, ListStore, PortError, PortResult, Queue,
        Runs, Seen, SettingsStore, SignIns, SystemClock,
    },
    service::Service,
};
use listsync_graph::{ConnectError, Graph, WebSignIn};
use listsync_sqlite::{BackupError, LedgerError, OpenError, SqliteStore};

mod alerts;
mod cloud;
mod directory;
mod dotenv;
mod environment;
mod error;
pub mod function;
mod settings;

pub use alerts::AlertSettings;
pub use environment::{Dotenv, Environment};
pub use error::SettingError;
pub use settings::{Config, ConsoleAccess, GraphAccess, QueueChoice, Store};

/// Where the HTTP API takes change notifications, below the public URL.
const NOTICES: &str = "/graph/notifications";

/// Everything that a function runs on.
pub struct Wired {
    /// What the engine needs of the world.
    pub ports: Ports,
    /// The same with what functions need that face people.
    pub service: Service,
    /// How long a message that was taken stays hidden from other workers.
    pub visibility: Duration,
    /// After how many receives the queue gives a message up.
    pub most_receives: u32,
    /// Where people and Microsoft Graph reach the HTTP API, if they do.
    pub public_url: Option<String>,
    /// The reverse proxies whose word is taken for where a request comes from.
    pub trusted_proxies: Networks,
    alerts: Result<AlertSettings, SettingError>,
    graph: Result<GraphAccess, SettingError>,
    console: Result<Option<ConsoleAccess>, SettingError>,
    directory: Arc<directory::LazyDirectory>,
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

    /// Where change notifications are to be sent; none where nothing can hear them, or the settings for Graph are missing
    /// or make no sense. The client of the directory is made when it is first asked.
    #[must_use]
    pub fn post(&self) -> Option<Post> {
        let public_url = self.public_url.as_ref()?;
        let tenant = self.tenant().ok()?;
        Some(Post { notices: self.directory.clone(), tenant, url: format!("{public_url}{NOTICES}") })
    }

    /// By which ways people are told of trouble; none of them where none is set.
    ///
    /// # Errors
    /// When their settings make no sense.
    pub fn alerting(&self) -> PortResult<Alerting> {
        let settings = self.alerts.as_ref().map_err(|error| PortError::from(error.clone()))?;
        settings.alerting(self.directory.clone())
    }

    /// How people sign in to the console by the directory; none: no app is named for it.
    ///
    /// # Errors
    /// When its settings make no sense.
    pub fn entrance(&self) -> PortResult<Option<Entrance>> {
        let Some(access) = self.console.clone()? else { return Ok(None) };
        let ConsoleAccess { app, url } = access;
        let sign_ins = WebSignIn::connect(app, Arc::new(SystemClock)).map_err(unconnected)?;
        Ok(Some(Entrance { sign_ins: Arc::new(sign_ins), url }))
    }

    /// Makes the client of the directory now instead of at its first use; nothing is asked of it yet.
    ///
    /// # Errors
    /// When the settings for Graph are missing or make no sense.
    pub fn connect(&self) -> PortResult<()> {
        self.directory.connect()
    }
}

/// Where people come in to the console.
#[derive(Clone)]
pub struct Entrance {
    /// The directory's sign-in service.
    pub sign_ins: Arc<dyn SignIns>,
    /// Where browsers reach the console, without a slash at the end.
    pub url: String,
}

/// What to do where there is no embedded store yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// Make one.
    Make,
    /// Refuse: there is nothing to read.
    Refuse,
    /// Take it for an empty one, and leave nothing behind.
    TakeForEmpty,
}

/// Opens the store and the queue, and readies the directory, which is connected at its first use: what needs no
/// directory works without its settings.
///
/// # Errors
/// When the store cannot be opened, for instance because a newer version wrote it, or there is none and none is to be made
/// (`no_store`).
pub async fn open(config: Config, missing: Missing) -> PortResult<Wired> {
    cloud::read_as_tools_do();
    let (store, queue, told) = parted(config);
    let Store::Sqlite(path) = store else { return in_cloud(store, queue, told).await };
    let store = Arc::new(opened(&path, missing)?);
    match queue {
        QueueChoice::Embedded => {
            let told = Told { most_receives: listsync_sqlite::RECEIVES, ..told };
            Ok(wired(store.clone(), store, told))
        }
        QueueChoice::Sqs(url) => {
            let queue = Arc::new(cloud::aws().await.queue(&url));
            Ok(wired(store, queue, told))
        }
    }
}

/// The same without the embedded store.
async fn open_in_cloud(config: Config) -> PortResult<Wired> {
    let (store, queue, told) = parted(config);
    in_cloud(store, queue, told).await
}

fn parted(config: Config) -> (Store, QueueChoice, Told) {
    let Config {
        store,
        queue,
        visibility,
        most_receives,
        public_url,
        trusted_proxies,
        dotenv: _,
        alerts,
        graph,
        console,
    } = config;
    (store, queue, Told { visibility, most_receives, public_url, trusted_proxies, alerts, graph, console })
}

async fn in_cloud(store: Store, queue: QueueChoice, told: Told) -> PortResult<Wired> {
    let Store::DynamoDb(table) = store else {
        let hint = "a function keeps everything in the cloud: write dynamodb:TABLE";
        return Err(SettingError::new("LISTSYNC_STORE", "names no table", hint).into());
    };
    let QueueChoice::Sqs(url) = queue else {
        return Err(SettingError::missing("LISTSYNC_QUEUE", "write sqs:URL").into());
    };
    let aws = cloud::aws().await;
    Ok(wired(Arc::new(aws.store(&table)), Arc::new(aws.queue(&url)), told))
}

fn opened(path: &Path, missing: Missing) -> PortResult<SqliteStore> {
    let opened = match missing {
        Missing::Refuse if !path.exists() => return Err(no_store(path)),
        Missing::TakeForEmpty if !path.exists() => SqliteStore::open_in_memory(),
        _ => SqliteStore::open(path),
    };
    opened.map_err(|error| unopened(path, &error))
}

/// The refusal of what only reads, where there is nothing to read.
fn no_store(path: &Path) -> PortError {
    let hint = "start listsync in the folder where the store is, or name it in LISTSYNC_STORE (sqlite:PATH); a new one is made by \
                what writes, such as listsync lists create";
    PortError::new(Fault::Rejected, "no_store", format!("no store at {}", full(path).display()))
        .with_hint(hint)
}

/// A path from the root on.
#[must_use]
pub fn full(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// A copy of a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// Where it is.
    pub to: PathBuf,
    /// How many bytes it has.
    pub bytes: u64,
}

/// Copies the embedded store, which others may have open, into a new file.
///
/// # Errors
/// When there is no embedded store (`no_store`, `no_embedded_store`), or the file is there already or cannot be written
/// (`no_backup`). No file is left then.
pub fn back_up(config: &Config, to: &Path) -> PortResult<Copied> {
    let Store::Sqlite(path) = &config.store else {
        let message = "the store is a DynamoDB table, which is no file";
        let hint = "its backups are the table's own: see 'Backups' in infra/README.md";
        return Err(PortError::new(Fault::Rejected, "no_embedded_store", message).with_hint(hint));
    };
    let refused = |error: BackupError| match error {
        BackupError::NoStore => no_store(path),
        other => {
            let message = format!("no backup was made at {}: {other}", full(to).display());
            let hint = "name a new file in a folder that is there, on a disk with room";
            PortError::new(Fault::Rejected, "no_backup", message).with_hint(hint)
        }
    };
    let bytes = listsync_sqlite::back_up(path, to).map_err(refused)?;
    Ok(Copied { to: full(to), bytes })
}

/// Settings that are handed on as they are.
struct Told {
    visibility: Duration,
    most_receives: u32,
    public_url: Option<String>,
    trusted_proxies: Networks,
    alerts: Result<AlertSettings, SettingError>,
    graph: Result<GraphAccess, SettingError>,
    console: Result<Option<ConsoleAccess>, SettingError>,
}

fn wired<S>(store: Arc<S>, queue: Arc<dyn Queue>, told: Told) -> Wired
where
    S: ListStore
        + Contacts
        + Keys
        + Seen
        + AuditLog
        + AlertNotes
        + Links
        + Runs
        + Gate
        + SettingsStore
        + 'static,
{
    let Told { visibility, most_receives, public_url, trusted_proxies, alerts, graph, console } = told;
    let (access, gate) = (graph.clone(), store.clone());
    let directory = Arc::new(directory::LazyDirectory::new(Box::new(move || {
        let access = access.clone()?;
        let graph =
            Graph::connect(access.settings, gate.clone(), Arc::new(SystemClock)).map_err(unconnected)?;
        Ok(Arc::new(graph))
    })));
    let ports = Ports {
        directory: directory.clone(),
        lists: store.clone(),
        links: store.clone(),
        runs: store.clone(),
        gate: store.clone(),
        queue,
        settings: store.clone(),
        clock: Arc::new(SystemClock),
    };
    let service = Service::over(&store, ports.clone());
    Wired {
        ports,
        service,
        visibility,
        most_receives,
        public_url,
        trusted_proxies,
        alerts,
        graph,
        console,
        directory,
    }
}

fn unopened(path: &Path, error: &OpenError) -> PortError {
    let (code, hint) = match error {
        OpenError::Newer { .. } => ("store_newer", "update listsync, or name another file in LISTSYNC_STORE"),
        OpenError::NotADatabase | OpenError::Foreign => {
            ("store_foreign", "name another file in LISTSYNC_STORE")
        }
        OpenError::Erasures(LedgerError::Io { .. }) => {
            ("store_erasures", "have that file be yours to read and write")
        }
        OpenError::Erasures(_) => (
            "store_erasures",
            "bring back the file of that name that was kept with this store; or move it away, and repeat the erasures that it \
             tells of: listsync contacts erase",
        ),
        _ => ("store", "check the path in LISTSYNC_STORE and the file's permissions"),
    };
    PortError::new(Fault::Rejected, code, format!("{}: {error}", path.display())).with_hint(hint)
}

fn unconnected(error: ConnectError) -> PortError {
    let hint = format!("correct {}", error.setting());
    PortError::new(Fault::Denied, "setting", error.to_string()).with_hint(hint)
}
