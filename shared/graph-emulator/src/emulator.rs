//! Starting and stopping.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use axum_server::Handle;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use uuid::Uuid;

use crate::apps::App;
use crate::clock::Clock;
use crate::connection::SwitchAcceptor;
use crate::server::{self, Control, Shared};
use crate::settings::Settings;
use crate::state::other::OtherObject;
use crate::tenant::Tenant;
use crate::tls::{Identity, TlsError};
use crate::world::{TenantFacts, World};

/// What a synchroniser needs at least, to sync and to create groups.
pub const LEAST_ROLES: &[&str] = &["GroupMember.ReadWrite.All", "User.Read.All", "Group.Create"];

/// Why the emulator did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The port is taken, for instance.
    #[error("could not listen on port {port} of this machine")]
    Listen {
        /// The port that was asked for; zero means any.
        port: u16,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// There is no certificate.
    #[error("could not set up the emulator's TLS")]
    Tls(#[from] TlsError),
}

/// What an emulator makes of requests that a careful client never sends (see [`Tenant::violations`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Care {
    /// Dropping the emulator panics where there was one, so that no test passes.
    #[default]
    Demanded,
    /// They are in the journal.
    Noted,
}

/// A stateful Microsoft Graph with its token endpoint.
#[derive(Debug)]
pub struct Emulator {
    care: Care,
    port: u16,
    clock: Clock,
    settings: Settings,
    seed: u64,
    roles: BTreeSet<String>,
    redirects: Vec<String>,
    control: Control,
}

impl Emulator {
    /// An emulator with default settings on a free port of the loopback address.
    #[must_use]
    pub fn builder() -> Self {
        Self {
            care: Care::Demanded,
            port: 0,
            clock: Clock::system(),
            settings: Settings::default(),
            seed: 1,
            roles: LEAST_ROLES.iter().map(|role| (*role).to_owned()).collect(),
            redirects: Vec::new(),
            control: Control::Off,
        }
    }

    /// What is made of careless requests.
    #[must_use]
    pub fn care(mut self, care: Care) -> Self {
        self.care = care;
        self
    }

    /// The port; zero means any that is free.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// The clock, for instance one that a test moves.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// The settings to start with.
    #[must_use]
    pub fn settings(mut self, settings: Settings) -> Self {
        self.settings = settings;
        self
    }

    /// The seed of ids, of replicas, of orders and of faults with a rate.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// The application permissions of the registered application, instead of [`LEAST_ROLES`].
    #[must_use]
    pub fn roles<R: Into<String>>(mut self, roles: impl IntoIterator<Item = R>) -> Self {
        self.roles = roles.into_iter().map(Into::into).collect();
        self
    }

    /// Where people who sign in to the registered application are sent back to.
    #[must_use]
    pub fn redirects<R: Into<String>>(mut self, redirects: impl IntoIterator<Item = R>) -> Self {
        self.redirects = redirects.into_iter().map(Into::into).collect();
        self
    }

    /// Whether scripts may steer it under `/emulator/`.
    #[must_use]
    pub fn control(mut self, control: Control) -> Self {
        self.control = control;
        self
    }

    /// Starts serving on the current tokio runtime.
    ///
    /// # Errors
    /// If the port is taken or the certificates cannot be made.
    pub async fn start(self) -> Result<Running, StartError> {
        let listen = |source| StartError::Listen { port: self.port, source };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, self.port)).map_err(listen)?;
        listener.set_nonblocking(true).map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let identity = Identity::new()?;
        let handle = Handle::new();
        let acceptor =
            RustlsAcceptor::new(RustlsConfig::from_config(identity.server)).acceptor(SwitchAcceptor);
        let server =
            axum_server::from_tcp(listener).map_err(listen)?.acceptor(acceptor).handle(handle.clone());
        let care = self.care;
        let (shared, app) = self.populate();
        let router = server::router(Arc::clone(&shared));
        tokio::spawn(server.serve(router.into_make_service()));
        let tenant_id = shared.world().tenant.id.to_string();
        Ok(Running {
            graph_url: format!("https://localhost:{}/v1.0", address.port()),
            authority_host: format!("https://localhost:{}", address.port()),
            ca_pem: identity.ca_pem,
            tenant_id,
            client_id: app.client_id.to_string(),
            client_secret: app.secrets.first().cloned().unwrap_or_default(),
            tenant: Tenant::new(shared),
            handle,
            care,
        })
    }

    fn populate(self) -> (Arc<Shared>, App) {
        let facts = TenantFacts {
            id: Uuid::nil(),
            name: "Contoso".to_owned(),
            domains: vec!["contoso.example".to_owned(), "contoso.onmicrosoft.example".to_owned()],
        };
        let mut world = World::new(facts, self.clock, self.settings, self.seed);
        world.tenant.id = world.new_id();
        let app = App {
            client_id: world.new_id(),
            service_principal: world.new_id(),
            secrets: vec![Uuid::new_v4().simple().to_string()],
            federated: Vec::new(),
            certificates: Vec::new(),
            redirects: self.redirects,
            roles: self.roles,
        };
        let principal =
            OtherObject { id: app.service_principal, ..OtherObject::service_principal("listsync") };
        let now = world.now();
        world.directory.insert_other(principal, now);
        world.apps.push(app.clone());
        let newest = world.directory.newest();
        world.replicas.settle(newest);
        (
            Arc::new(Shared {
                world: Mutex::new(world),
                control: self.control,
                has_postman: AtomicBool::new(false),
            }),
            app,
        )
    }
}

/// A running emulator; dropping it closes the port, and judges what was asked of it.
#[derive(Debug)]
pub struct Running {
    /// `https://localhost:PORT/v1.0`, for `LISTSYNC_GRAPH_URL`.
    pub graph_url: String,
    /// `https://localhost:PORT`, for `AZURE_AUTHORITY_HOST`.
    pub authority_host: String,
    /// The certificate authority that clients must trust.
    pub ca_pem: String,
    /// The tenant's id.
    pub tenant_id: String,
    /// The id of the registered application.
    pub client_id: String,
    /// A secret of the registered application.
    pub client_secret: String,
    tenant: Tenant,
    handle: Handle<SocketAddr>,
    care: Care,
}

impl Running {
    /// The tenant from inside.
    #[must_use]
    pub fn tenant(&self) -> Tenant {
        self.tenant.clone()
    }

    /// The environment of a client that trusts the authority in the file `ca`.
    #[must_use]
    pub fn environment(&self, ca: &Path) -> Vec<(&'static str, String)> {
        vec![
            ("LISTSYNC_GRAPH_URL", self.graph_url.clone()),
            ("AZURE_AUTHORITY_HOST", self.authority_host.clone()),
            ("AZURE_TENANT_ID", self.tenant_id.clone()),
            ("AZURE_CLIENT_ID", self.client_id.clone()),
            ("AZURE_CLIENT_SECRET", self.client_secret.clone()),
            ("SSL_CERT_FILE", ca.display().to_string()),
        ]
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.handle.shutdown();
        if self.care == Care::Demanded && !std::thread::panicking() {
            let violations = self.tenant.violations();
            assert!(violations.is_empty(), "careless requests: {violations:#?}");
        }
    }
}
