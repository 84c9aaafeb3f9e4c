//! A list service over some store, with one list, on the day of the cases.

use std::sync::Arc;

use jiff::{civil::date, tz::TimeZone};
use listsync_core::{Timestamp, grant::Lists, id::ListId, list::Standing};
use listsync_engine::{
    Ports,
    ports::{
        Again, AlertNotes, AuditLog, Contacts, EntryQuery, Gate, ImportMode, Keys, Links, ListStore, Runs,
        Seen, SettingsStore,
    },
    service::Service,
};
use listsync_lists::{Profile, Reading, Source, Taken, read, take_in};
use listsync_testkit::{
    dice::Dice,
    fakes::{FakeDirectory, Lag, ManualClock, TestStore},
};

/// The list's name.
pub(crate) const LIST: &str = "Staff";

/// A store that keeps all of a list service.
pub(crate) trait Store:
    ListStore + Links + Runs + Gate + SettingsStore + Contacts + Keys + Seen + AuditLog + AlertNotes
{
}

impl<S> Store for S where
    S: ListStore + Links + Runs + Gate + SettingsStore + Contacts + Keys + Seen + AuditLog + AlertNotes
{
}

/// A list service with one list, which is empty at first.
pub(crate) struct OneListFixture {
    pub(crate) service: Service,
    pub(crate) list: ListId,
    pub(crate) directory: FakeDirectory,
}

/// Midday of the day on which the cases are played.
pub(crate) fn now() -> Timestamp {
    date(2026, 11, 29).at(12, 0, 0, 0).to_zoned(TimeZone::UTC).unwrap().timestamp()
}

impl OneListFixture {
    pub(crate) async fn new<S>(store: S) -> Self
    where
        S: Store + 'static,
    {
        let clock = ManualClock::at(now());
        let store = Arc::new(store);
        let directory = FakeDirectory::new(&clock, Lag::NONE, Dice::new(1));
        let ports = Ports {
            directory: Arc::new(directory.clone()),
            lists: store.clone(),
            links: store.clone(),
            runs: store.clone(),
            gate: store.clone(),
            queue: TestStore::new(&clock).port(),
            settings: store.clone(),
            clock: Arc::new(clock),
        };
        let list = ports.lists.create_list(LIST, now()).await.unwrap().id;
        let service = Service::over(&store, ports);
        Self { service, list, directory }
    }

    /// Takes a file in; the code of the refusal where it is none.
    pub(crate) async fn take(
        &self,
        bytes: &[u8],
        (profile, mode, again): (&Profile, ImportMode, Again),
    ) -> Result<Taken, String> {
        let today = now().to_zoned(TimeZone::UTC).date();
        let parsed =
            read(bytes, Reading { profile, today }, |_| {}).map_err(|error| error.code().to_owned())?;
        let source = Source { file: "staff.csv", mode, at: now(), given: &Lists::All };
        Ok(take_in(&self.service, &self.list, parsed, (source, again)).await.unwrap())
    }

    /// The local parts of who is on the list.
    pub(crate) async fn members(&self) -> Vec<String> {
        let entries = self.service.ports.lists.entries(&self.list, EntryQuery::All).await.unwrap();
        let members = entries.into_iter().filter(|entry| entry.standing == Standing::Member);
        let mut members: Vec<String> =
            members.map(|entry| entry.address.as_str().split('@').next().unwrap().to_owned()).collect();
        members.sort();
        members
    }
}
