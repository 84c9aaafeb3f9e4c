//! Everything that the emulator holds.

use std::collections::HashMap;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use uuid::Uuid;

use crate::apps::App;
use crate::clock::Clock;
use crate::errors::Refusal;
use crate::faults::Faults;
use crate::graph::mail::SentMail;
use crate::journal::Journal;
use crate::odata::cursor::Cursors;
use crate::people_sign_in::Granted;
use crate::replica::Replicas;
use crate::settings::Settings;
use crate::state::ObjectId;
use crate::state::directory::Directory;
use crate::state::history::Seq;
use crate::state::subscriptions::Subscriptions;
use crate::throttle::Meter;
use crate::traffic::Traffic;

/// What identifies the tenant.
#[derive(Clone, Debug)]
pub(crate) struct TenantFacts {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    /// The default domain first; the last one is the initial `.onmicrosoft` one.
    pub(crate) domains: Vec<String>,
}

/// All state behind the one lock.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) tenant: TenantFacts,
    pub(crate) apps: Vec<App>,
    pub(crate) directory: Directory,
    pub(crate) clock: Clock,
    pub(crate) settings: Settings,
    pub(crate) rng: StdRng,
    pub(crate) cursors: Cursors,
    pub(crate) replicas: Replicas,
    pub(crate) meters: std::collections::HashMap<String, Meter>,
    pub(crate) faults: Faults,
    pub(crate) journal: Journal,
    pub(crate) delta_epoch: u32,
    pub(crate) token_key: [u8; 32],
    pub(crate) subscriptions: Subscriptions,
    pub(crate) letters: Vec<SentMail>,
    /// The subscription whose addresses the server has to try out before it answers.
    pub(crate) handshake: Option<Uuid>,
    /// What the call that is being answered did wrong.
    pub(crate) violation: Option<String>,
    pub(crate) traffic: Traffic,
    /// Codes that people came back with, or will.
    pub(crate) codes: HashMap<String, Granted>,
}

impl World {
    pub(crate) fn new(tenant: TenantFacts, clock: Clock, settings: Settings, seed: u64) -> Self {
        let mut token_key = [0; 32];
        rand::rng().fill_bytes(&mut token_key);
        Self {
            tenant,
            apps: Vec::new(),
            directory: Directory::default(),
            clock,
            settings,
            rng: StdRng::seed_from_u64(seed),
            cursors: Cursors::default(),
            replicas: Replicas::default(),
            meters: std::collections::HashMap::new(),
            faults: Faults::default(),
            journal: Journal::default(),
            delta_epoch: 0,
            token_key,
            subscriptions: Subscriptions::default(),
            letters: Vec::new(),
            handshake: None,
            violation: None,
            traffic: Traffic::default(),
            codes: HashMap::new(),
        }
    }

    /// Lets the request that is being served write a group.
    pub(crate) fn write_to(&mut self, group: ObjectId) -> Result<(), Refusal> {
        self.traffic.write(group, self.settings.writers)?;
        let counters = &mut self.journal.counters;
        counters.most_writing = counters.most_writing.max(self.traffic.writing());
        Ok(())
    }

    /// An id from the tenant's seed.
    pub(crate) fn new_id(&mut self) -> ObjectId {
        let mut bytes = [0; 16];
        self.rng.fill_bytes(&mut bytes);
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }

    pub(crate) fn now(&self) -> i64 {
        self.clock.now_ms()
    }

    /// The state that the next read shows.
    pub(crate) fn read_point(&mut self) -> Seq {
        let now = self.clock.now_ms();
        self.replicas.read(self.settings.lag, now, &mut self.rng, &self.directory)
    }

    /// Writes the notices of what changed since the last time.
    pub(crate) fn collect_notices(&mut self) {
        let tenant = self.tenant.id.to_string();
        self.subscriptions.collect(&self.directory, (self.clock.now_ms(), self.settings.notices, &tenant));
    }

    /// Whether `text` names this tenant, by id or domain.
    pub(crate) fn is_tenant(&self, text: &str) -> bool {
        text.parse() == Ok(self.tenant.id)
            || self.tenant.domains.iter().any(|domain| domain.eq_ignore_ascii_case(text))
    }

    pub(crate) fn default_domain(&self) -> &str {
        self.tenant.domains.first().map_or("contoso.example", String::as_str)
    }

    pub(crate) fn initial_domain(&self) -> &str {
        self.tenant.domains.last().map_or("contoso.example", String::as_str)
    }
}
