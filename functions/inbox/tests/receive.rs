//! What becomes of dropped files, over the embedded store in memory.

use std::{
    collections::BTreeMap,
    io::Write,
    sync::{Mutex, MutexGuard},
    time::Duration,
};

use async_trait::async_trait;
use listsync_core::{
    Timestamp,
    audit::{Action, Actor, Object, ObjectKind},
    id::ListId,
    list::ListKind,
};
use listsync_engine::{
    audit,
    ports::{
        Contacts as _, Fault, Fetched, ImportMode, ImportRow, ImportState, Inbox, ListEdit, ListSide as _,
        ListStore as _, NewImport, PortError, PortResult,
    },
    service::Service,
};
use listsync_inbox::{Desk, LARGEST, Received, receive};
use listsync_testkit::{
    dice::Dice,
    fakes::{FakeDirectory, Lag, ManualClock, TestStore},
    sample::{contact, link, moment},
};

/// A bucket in memory.
#[derive(Default)]
struct Bucket {
    files: Mutex<BTreeMap<String, (Vec<u8>, Timestamp)>>,
    broken: bool,
}

impl Bucket {
    fn files(&self) -> MutexGuard<'_, BTreeMap<String, (Vec<u8>, Timestamp)>> {
        self.files.lock().expect("nobody panicked")
    }

    fn drop_in(&self, path: &str, content: impl Into<Vec<u8>>, at: Timestamp) {
        self.files().insert(path.to_owned(), (content.into(), at));
    }

    fn text(&self, path: &str) -> Option<String> {
        self.files().get(path).map(|(bytes, _)| String::from_utf8(bytes.clone()).expect("text"))
    }
}

#[async_trait]
impl Inbox for Bucket {
    async fn fetch(&self, path: &str, most: u64, to: &mut (dyn Write + Send)) -> PortResult<Fetched> {
        if self.broken {
            return Err(PortError::new(Fault::Unavailable, "inbox_read", "it broke off"));
        }
        let files = self.files();
        let Some((bytes, at)) = files.get(path) else { return Ok(Fetched::Gone) };
        if bytes.len() as u64 > most {
            return Ok(Fetched::TooLarge { bytes: bytes.len() as u64 });
        }
        to.write_all(bytes).expect("there is room");
        Ok(Fetched::Whole { at: *at })
    }

    async fn lay_down(&self, path: &str, _: &str, content: Vec<u8>) -> PortResult<()> {
        self.drop_in(path, content, moment(0));
        Ok(())
    }
}

struct Stage {
    service: Service,
    store: TestStore,
    bucket: Bucket,
    list: ListId,
}

impl Stage {
    /// The list `Staff`, linked.
    async fn new() -> Self {
        let clock = ManualClock::at(moment(1_000));
        let store = TestStore::new(&clock);
        let ports = store.beside(FakeDirectory::new(&clock, Lag::NONE, Dice::new(7)));
        let service = Service::over(&store.port(), ports);
        let list = store.create_list("Staff", moment(0)).await.expect("a new list").id;
        let links = service.ports.links.clone();
        links.create(&link("one", &list, "one"), moment(0)).await.expect("a new link");
        Self { service, store, bucket: Bucket::default(), list }
    }

    async fn look(&self, path: &str) -> PortResult<Received> {
        let desk = Desk { service: &self.service, inbox: &self.bucket, until: moment(2_000) };
        receive(desk, path).await
    }

    /// Drops a file of these people, a second after some day began for each, and looks at it.
    async fn dropped(&self, path: &str, content: &str, second: i64) -> Received {
        self.bucket.drop_in(path, content, moment(second));
        self.look(path).await.expect("the services answer")
    }

    async fn size(&self) -> u64 {
        self.store.size(&self.list).await.expect("it is counted")
    }
}

fn csv(people: &[&str]) -> String {
    people.iter().fold("email\n".to_owned(), |text, person| text + person + "@contoso.example\n")
}

fn taken(received: Received) -> listsync_lists::Taken {
    match received {
        Received::Taken(taken) => *taken,
        other => panic!("it is not taken in: {other:?}"),
    }
}

fn refused(received: Received) -> String {
    match received {
        Received::Refused(refusal) => refusal.code,
        other => panic!("it is not refused: {other:?}"),
    }
}

#[tokio::test]
async fn a_dropped_file_is_taken_in_as_its_place_says_and_asks_for_a_run() {
    let stage = Stage::new().await;
    let path = "incoming/Staff/full/generic/june/all.csv";
    let outcome = taken(stage.dropped(path, &csv(&["anna", "ben"]), 10).await);
    assert_eq!((outcome.import.added, outcome.links.len()), (2, 1));
    assert_eq!((outcome.import.file.as_str(), outcome.import.at), ("all.csv", moment(10)));
    assert_eq!(stage.size().await, 2);
    assert_eq!(stage.bucket.files().len(), 1, "there is nothing to tell");

    let less = taken(stage.dropped(path, &csv(&["anna", "ben", "cleo"]), 20).await);
    assert_eq!(less.import.added, 1);
    let path = "incoming/Staff/incremental/generic/all.csv";
    let more = taken(stage.dropped(path, &csv(&["dora"]), 30).await);
    assert_eq!((more.import.added, more.import.removed), (1, 0));
    assert_eq!(stage.size().await, 4);
}

#[tokio::test]
async fn a_dropped_file_is_in_the_audit_by_its_import_once() {
    let stage = Stage::new().await;
    let path = "incoming/Staff/full/generic/all.csv";
    let import = taken(stage.dropped(path, &csv(&["anna", "ben"]), 10).await).import.id;
    stage.look(path).await.expect("the services answer");
    refused(stage.dropped("incoming/None/full/generic/all.csv", &csv(&["anna"]), 20).await);
    let wanted = audit::Wanted { limit: 10, ..audit::Wanted::default() };
    let entries = audit::page(&stage.service, wanted).await.expect("the audit is read").entries;
    let told: Vec<_> = entries.iter().map(|entry| (&entry.actor, entry.action, &entry.objects)).collect();
    let objects = vec![Object::new(ObjectKind::Import, &import), Object::new(ObjectKind::List, &stage.list)];
    assert_eq!(told, [(&Actor::Inbox, Action::ImportCreate, &objects)]);
}

#[tokio::test]
async fn an_event_that_comes_again_changes_nothing_also_when_a_newer_file_came_between() {
    let stage = Stage::new().await;
    let (monday, tuesday) = ("incoming/Staff/full/generic/mon.csv", "incoming/Staff/full/generic/tue.csv");
    taken(stage.dropped(monday, &csv(&["anna", "ben"]), 10).await);
    assert_eq!(stage.look(monday).await, Ok(Received::Again(stage.list.clone())));
    taken(stage.dropped(tuesday, &csv(&["anna", "ben", "cleo"]), 20).await);
    assert_eq!(stage.look(monday).await, Ok(Received::Again(stage.list.clone())));
    assert_eq!(stage.size().await, 3);
    assert_eq!(stage.bucket.files().len(), 2, "nobody is told of what was done before");
}

#[tokio::test]
async fn a_file_whose_event_comes_after_that_of_a_newer_one_is_not_taken_in_over_it() {
    let stage = Stage::new().await;
    taken(stage.dropped("incoming/Staff/full/generic/tue.csv", &csv(&["anna", "ben"]), 20).await);
    let monday = "incoming/Staff/full/generic/mon.csv";
    assert_eq!(refused(stage.dropped(monday, &csv(&["anna", "ben", "cleo"]), 10).await), "late");
    assert_eq!(stage.size().await, 2);
    assert!(
        stage
            .bucket
            .text("rejected/Staff/full/generic/mon.csv.txt")
            .is_some_and(|text| text.contains("late"))
    );
    taken(stage.dropped(monday, &csv(&["anna", "ben", "cleo"]), 30).await);
    assert_eq!(stage.size().await, 3, "dropped again, it is the newest");
}

#[tokio::test]
async fn a_file_that_was_dropped_in_the_second_of_another_import_is_taken_in() {
    let stage = Stage::new().await;
    let people = ["anna", "ben"].map(|name| ImportRow::from(contact(name))).into_iter().collect();
    // By the command line, to the millisecond; S3 cuts the moment of the file, which came after it, to the second.
    let at = moment(20).checked_add(Duration::from_millis(700)).expect("a moment");
    let by_hand = NewImport::new("staff.csv", ImportMode::Full, people, at);
    stage.store.import(&stage.list, &by_hand).await.expect("it is taken in");
    let path = "incoming/Staff/full/generic/all.csv";
    let outcome = taken(stage.dropped(path, &csv(&["anna", "ben", "cleo"]), 20).await);
    assert_eq!((outcome.import.added, stage.size().await), (1, 3));
    assert_eq!(stage.look(path).await, Ok(Received::Again(stage.list.clone())), "its event comes once more");
    let before = "incoming/Staff/full/generic/before.csv";
    assert_eq!(refused(stage.dropped(before, &csv(&["dora"]), 19).await), "late", "a second is a second");
}

#[tokio::test]
async fn what_cannot_be_taken_in_changes_nothing_and_is_told_beside_it() {
    let stage = Stage::new().await;
    taken(stage.dropped("incoming/Staff/full/generic/a.csv", &csv(&["anna", "ben"]), 10).await);
    let sales = stage.store.create_list("Sales", moment(0)).await.expect("a new list");
    let kind = Some(ListKind::Filtered { filter: "department eq \"Sales\"".to_owned() });
    let edit = ListEdit { kind, ..ListEdit::default() };
    stage.store.edit_list(&sales.id, None, &edit, moment(0)).await.expect("it is filtered");
    let large = "x".repeat(usize::try_from(LARGEST).expect("a size") + 1);
    for (path, content, code) in [
        ("incoming/all.csv", csv(&["cleo"]), "misplaced"),
        ("incoming/Staff/merge/generic/all.csv", csv(&["cleo"]), "misplaced"),
        ("incoming/Others/full/generic/all.csv", csv(&["cleo"]), "no_such_list"),
        ("incoming/Sales/full/generic/all.csv", csv(&["cleo"]), "list_filtered"),
        ("incoming/Staff/full/sap/all.csv", csv(&["cleo"]), "profile"),
        ("incoming/Staff/full/generic/picture.csv", "\u{89}PNG\0\0\0".to_owned(), "file_not_csv"),
        ("incoming/Staff/full/generic/empty.csv", String::new(), "file_empty"),
        (
            "incoming/Staff/full/generic/half.csv",
            "email,name\ncleo@contoso.example".to_owned(),
            "file_half_written",
        ),
        ("incoming/Staff/full/generic/large.csv", large, "file_too_large"),
    ] {
        assert_eq!(refused(stage.dropped(path, &content, 20).await), code, "{path}");
        let report = format!("rejected/{}.txt", path.trim_start_matches("incoming/"));
        let told = stage.bucket.text(&report).unwrap_or_default();
        assert!(told.contains(code) && !told.contains("cleo"), "{path}: {told}");
        assert_eq!(stage.size().await, 2, "{path}");
    }
}

#[tokio::test]
async fn a_folder_and_a_file_that_is_gone_are_nothing() {
    let stage = Stage::new().await;
    assert_eq!(stage.dropped("incoming/Staff/full/generic/", "", 10).await, Received::Nothing);
    assert_eq!(stage.look("incoming/Staff/full/generic/gone.csv").await, Ok(Received::Nothing));
    assert_eq!(stage.look("rejected/Staff/full/generic/a.csv").await, Ok(Received::Nothing));
    assert_eq!(stage.bucket.files().len(), 1);
}

#[tokio::test]
async fn rejected_rows_are_laid_down_to_be_corrected_and_nobody_is_removed() {
    let stage = Stage::new().await;
    taken(stage.dropped("incoming/Staff/full/generic/a.csv", &csv(&["anna", "ben"]), 10).await);
    let path = "incoming/Staff/full/generic/b.csv";
    let outcome = taken(stage.dropped(path, "email\nanna@contoso.example\nnobody\n", 20).await);
    assert_eq!((outcome.import.state, outcome.import.rejected), (ImportState::RemovalsSkipped, 1));
    assert_eq!(stage.size().await, 2);
    let rows = stage.bucket.text("rejected/Staff/full/generic/b.csv").expect("the rows");
    assert!(rows.contains("nobody") && rows.contains("bad_address"), "{rows}");
    let told = stage.bucket.text("rejected/Staff/full/generic/b.csv.txt").expect("a report");
    assert!(told.contains("row 3: bad_address") && !told.contains("nobody"), "{told}");
    assert!(told.contains("Nobody who is missing from the file was removed"), "{told}");
}

#[tokio::test]
async fn held_removals_are_told_with_what_does_them() {
    let stage = Stage::new().await;
    let all = ["anna", "ben", "cleo", "dora", "emil"];
    taken(stage.dropped("incoming/Staff/full/generic/a.csv", &csv(&all), 10).await);
    let outcome = taken(stage.dropped("incoming/Staff/full/generic/b.csv", &csv(&["anna"]), 20).await);
    assert_eq!((outcome.import.state, outcome.import.held), (ImportState::Held, 4));
    let told = stage.bucket.text("rejected/Staff/full/generic/b.csv.txt").expect("a report");
    for verb in ["show", "approve", "discard"] {
        assert!(told.contains(&format!("listsync imports {verb} {}", outcome.import.id)), "{told}");
    }
}

#[tokio::test]
async fn an_own_profile_lies_in_the_inbox_too() {
    let stage = Stage::new().await;
    let profile = r#"{"name": "our-hr", "columns": {"address": "Post"}, "delimiter": ";"}"#;
    stage.bucket.drop_in("profiles/our-hr.json", profile, moment(0));
    let path = "incoming/Staff/full/our-hr/a.csv";
    let outcome = taken(stage.dropped(path, "Nr;Post\n1;anna@contoso.example\n", 10).await);
    assert_eq!((outcome.import.added, outcome.import.profile.as_str()), (1, "our-hr"));
    stage.bucket.drop_in("profiles/our-hr.json", "{", moment(0));
    assert_eq!(refused(stage.dropped(path, "Nr;Post\n1;ben@contoso.example\n", 20).await), "profile");
}

#[tokio::test]
async fn a_service_that_does_not_answer_is_asked_again_and_nothing_is_told() {
    let mut stage = Stage::new().await;
    let path = "incoming/Staff/full/generic/a.csv";
    stage.bucket.drop_in(path, csv(&["anna"]), moment(10));
    stage.bucket.broken = true;
    assert_eq!(stage.look(path).await.map_err(|error| error.code), Err("inbox_read".to_owned()));
    assert_eq!(stage.bucket.files().len(), 1);
    stage.bucket.broken = false;
    taken(stage.look(path).await.expect("it answers again"));
}
