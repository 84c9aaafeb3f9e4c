//! What every [`AlertNotes`] has to do.

use futures::future::join_all;
use listsync_core::Timestamp;
use listsync_engine::ports::{AlertNote, AlertNotes, Written};

use super::{Case, cases, ok};
use crate::sample::moment;

/// Every case, each on a store of its own.
pub fn cases<S: AlertNotes + 'static, M: Fn() -> S>() -> Vec<Case<M>> {
    cases![on a store:
        what_is_written_is_read_by_name,
        a_note_is_written_only_in_the_place_of_what_was_read,
        of_many_at_once_one_writes,
        what_is_past_its_time_is_not_there_and_begins_anew,
    ]
}

fn note(name: &str, version: u64, value: &[u8], until: Option<Timestamp>) -> AlertNote {
    AlertNote { name: name.to_owned(), version, value: value.to_vec(), until }
}

async fn what_is_written_is_read_by_name<S: AlertNotes>(store: &S) {
    assert_eq!(ok(store.alert_notes(moment(0)).await), []);
    let large: Vec<u8> = (0..64 * 1024).map(|n| n as u8).collect();
    for (name, value) in [("link/b", &large[..]), ("claim", b"me"), ("link/a", b"")] {
        assert_eq!(ok(store.write_alert_note(&note(name, 0, value, None), moment(0)).await), Written::Done);
    }
    let read = ok(store.alert_notes(moment(1)).await);
    let expected =
        [note("claim", 1, b"me", None), note("link/a", 1, b"", None), note("link/b", 1, &large, None)];
    assert_eq!(read, expected);
}

async fn a_note_is_written_only_in_the_place_of_what_was_read<S: AlertNotes>(store: &S) {
    let write = async |version, value: &[u8]| {
        ok(store.write_alert_note(&note("link/a", version, value, None), moment(0)).await)
    };
    assert_eq!(write(1, b"nothing to write over").await, Written::Outdated);
    assert_eq!(write(0, b"one").await, Written::Done);
    assert_eq!(write(0, b"two").await, Written::Outdated);
    assert_eq!(write(1, b"two").await, Written::Done);
    assert_eq!(write(1, b"three").await, Written::Outdated);
    assert_eq!(ok(store.alert_notes(moment(0)).await), [note("link/a", 2, b"two", None)]);
}

async fn of_many_at_once_one_writes<S: AlertNotes>(store: &S) {
    for version in 0..3 {
        let writes = (0..10).map(|number| async move {
            ok(store.write_alert_note(&note("claim", version, &[number], None), moment(0)).await)
        });
        let done = join_all(writes).await.into_iter().filter(|written| *written == Written::Done).count();
        assert_eq!(done, 1);
    }
}

async fn what_is_past_its_time_is_not_there_and_begins_anew<S: AlertNotes>(store: &S) {
    assert_eq!(
        ok(store.write_alert_note(&note("a", 0, b"x", Some(moment(10))), moment(0)).await),
        Written::Done
    );
    assert_eq!(ok(store.alert_notes(moment(9)).await), [note("a", 1, b"x", Some(moment(10)))]);
    let too_early = note("a", 0, b"y", None);
    assert_eq!(ok(store.write_alert_note(&too_early, moment(9)).await), Written::Outdated);
    assert_eq!(ok(store.alert_notes(moment(10)).await), []);
    assert_eq!(ok(store.write_alert_note(&note("a", 0, b"y", None), moment(10)).await), Written::Done);
    assert_eq!(ok(store.alert_notes(moment(10)).await), [note("a", 1, b"y", None)]);
}
