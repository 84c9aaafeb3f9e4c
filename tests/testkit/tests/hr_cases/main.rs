//! HR files as they really are come to the right result on every store: the cases in `tests/cases/hr`.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod months;

use std::{collections::BTreeMap, fs, path::PathBuf, sync::Arc};

use jiff::{civil::date, tz::TimeZone};
use listsync_core::{Timestamp, address::Address, id::ListId, list::Standing};
use listsync_engine::{
    Ports,
    ports::{
        Again, Contacts, EntryQuery, Gate, Import, ImportMode, Keys, Links, ListStore, Runs, Seen,
        SettingsStore,
    },
    service::Service,
};
use listsync_lists::{Encoding, Overrides, Profile, Reading, Source, Taken, read, take_in};
use listsync_sqlite::SqliteStore;
use listsync_testkit::{
    dice::Dice,
    fakes::{FakeDirectory, Lag, ManualClock, MemoryStore},
    moto::Moto,
};
use serde_json::Value;

/// A store with one list.
pub(crate) struct Stage {
    pub(crate) service: Service,
    pub(crate) list: ListId,
}

/// Midday of the day on which the cases are played.
pub(crate) fn now() -> Timestamp {
    date(2026, 11, 29).at(12, 0, 0, 0).to_zoned(TimeZone::UTC).unwrap().timestamp()
}

impl Stage {
    pub(crate) async fn new<S>(store: S) -> Self
    where
        S: ListStore + Links + Runs + Gate + SettingsStore + Contacts + Keys + Seen + 'static,
    {
        let clock = ManualClock::at(now());
        let store = Arc::new(store);
        let ports = Ports {
            directory: Arc::new(FakeDirectory::new(&clock, Lag::NONE, Dice::new(1))),
            lists: store.clone(),
            links: store.clone(),
            runs: store.clone(),
            gate: store.clone(),
            queue: Arc::new(MemoryStore::new(&clock)),
            settings: store.clone(),
            clock: Arc::new(clock),
        };
        let list = ports.lists.create_list("Staff", now()).await.unwrap().id;
        let service = Service { ports, contacts: store.clone(), keys: store.clone(), seen: store };
        Self { service, list }
    }

    /// Takes a file in; the code of the refusal where it is none.
    pub(crate) async fn take(
        &self,
        bytes: &[u8],
        (profile, mode): (&Profile, ImportMode),
    ) -> Result<Taken, String> {
        let today = now().to_zoned(TimeZone::UTC).date();
        let parsed =
            read(bytes, Reading { profile, today }, |_| {}).map_err(|error| error.code().to_owned())?;
        let source = Source { file: "staff.csv", mode, at: now(), given: &listsync_core::grant::Lists::All };
        Ok(take_in(&self.service, &self.list, parsed, (source, Again::Skip)).await.unwrap())
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

    async fn check(&self, step: &Value, name: &str) {
        let file = step["file"].as_str().unwrap();
        let profile = profile(step["profile"].as_str().unwrap());
        let encoding = (step["options"]["encoding"] == "windows-1252").then_some(Encoding::Windows1252);
        let profile = profile.with(&Overrides { encoding, ..Overrides::default() });
        let mode: ImportMode = serde_json::from_value(step["mode"].clone()).unwrap();
        let what = format!("{name}: {file}");
        let taken = self.take(&fs::read(folder().join(file)).unwrap(), (&profile, mode)).await;
        let taken = taken.unwrap_or_else(|code| panic!("{what}: {code}"));
        let expected: Vec<&str> =
            step["on_the_list"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
        let mut sorted = expected.clone();
        sorted.sort_unstable();
        assert_eq!(self.members().await, sorted, "{what}");
        counted(&taken.import, &step["counts"], &what);
        refused(&taken, &step["rejected"], &what);
        for (local, name) in pairs(&step["names"]) {
            assert_eq!(self.contact(&local).await.0, name, "{what}");
        }
        for (local, key) in pairs(&step["keys"]) {
            assert_eq!(self.contact(&local).await.1, Some(key), "{what}");
        }
        for (row, day) in pairs(&step["says"]["leave_days"]) {
            let read = taken.import.report.leave_days.iter().find(|left| left.row.to_string() == row);
            assert_eq!(read.map(|left| left.day.to_string()), Some(day), "{what}, row {row}");
        }
    }

    /// The name and the key of somebody.
    async fn contact(&self, local: &str) -> (String, Option<String>) {
        let address = Address::parse(&format!("{local}@contoso.com")).unwrap();
        let contact = self.service.contacts.find_contact(&address).await.unwrap().unwrap();
        (contact.name, contact.external_id.map(String::from))
    }
}

fn counted(import: &Import, counts: &Value, what: &str) {
    let document = serde_json::to_value(import).unwrap();
    for (name, count) in counts.as_object().into_iter().flatten() {
        assert_eq!(document[name], *count, "{what}: {name}");
    }
}

/// The rows that were refused, each with a part of its reason.
fn refused(taken: &Taken, rejected: &Value, what: &str) {
    let expected = pairs(rejected);
    let found: BTreeMap<String, String> =
        taken.problems.iter().map(|row| (row.row.to_string(), row.message.clone())).collect();
    assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>(), "{what}");
    for (row, part) in expected {
        assert!(found[&row].contains(&part), "{what}, row {row}: {}", found[&row]);
    }
}

fn pairs(value: &Value) -> BTreeMap<String, String> {
    let pairs = value.as_object().into_iter().flatten();
    pairs.map(|(key, value)| (key.clone(), value.as_str().unwrap().to_owned())).collect()
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../cases/hr")
}

fn profile(name: &str) -> Profile {
    Profile::named(name)
        .unwrap_or_else(|| Profile::from_json(&fs::read_to_string(folder().join(name)).unwrap()).unwrap())
}

async fn all<S>(mut make: impl FnMut() -> S)
where
    S: ListStore + Links + Runs + Gate + SettingsStore + Contacts + Keys + Seen + 'static,
{
    let cases: Value =
        serde_json::from_str(&fs::read_to_string(folder().join("cases.json")).unwrap()).unwrap();
    for case in cases.as_array().unwrap() {
        let stage = Stage::new(make()).await;
        for step in case["steps"].as_array().unwrap() {
            stage.check(step, case["name"].as_str().unwrap()).await;
        }
    }
}

#[tokio::test]
async fn each_case_comes_to_its_right_result_in_memory() {
    all(|| MemoryStore::new(&ManualClock::at(now()))).await;
}

#[tokio::test]
async fn each_case_comes_to_its_right_result_on_sqlite() {
    all(|| SqliteStore::open_in_memory().unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_case_comes_to_its_right_result_on_dynamodb() {
    let moto = Moto::start();
    let mut number = 0;
    all(|| {
        number += 1;
        table(&moto, number)
    })
    .await;
}

fn table(moto: &Moto, number: u32) -> listsync_aws::DynamoStore {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(aws_config::BehaviorVersion::latest())
        .region(aws_config::Region::new("eu-west-1"))
        .credentials_provider(aws_sdk_dynamodb::config::Credentials::new("test", "test", None, None, "test"))
        .endpoint_url(moto.endpoint())
        .build();
    let client = aws_sdk_dynamodb::Client::from_conf(config);
    let store = listsync_aws::DynamoStore::new(client, format!("hr-{number}"));
    let store = store.with_clock(Arc::new(ManualClock::at(now())));
    let made = store.create_table();
    tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(made)).unwrap();
    store
}
