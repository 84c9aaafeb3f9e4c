use std::slice::from_ref;

use listsync_core::{contact::Decision, list::Origin};
use listsync_engine::ports::{ContactEdit, Contacts, Cursor, Fault, ListStore};

use super::{Bed, fault, of};
use crate::{
    contracts::{Case, cases, ok},
    sample::{contact, moment},
};

pub(super) fn cases<S: ListStore + Contacts + 'static, M: Fn() -> S>() -> Vec<Case<M>> {
    cases![the_feed_tells_who_was_made_or_edited, a_cursor_that_was_never_given_is_gone,]
}

async fn the_feed_tells_who_was_made_or_edited<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let anna = bed.member("anna", &[&bed.staff]).await;
    let start = ok(bed.store.contacts_cursor().await);
    assert_eq!(ok(bed.store.contacts_changed(&start).await).contacts, []);
    let berta = bed.member("berta", &[&bed.staff]).await;
    let first = ok(bed.store.contacts_changed(&start).await);
    assert_eq!(first.contacts, from_ref(&berta));
    bed.edit(&anna, &ContactEdit { name: Some("Anna".to_owned()), ..ContactEdit::default() }).await;
    assert_eq!(ok(bed.store.contacts_changed(&first.cursor).await).contacts, from_ref(&anna));
    let room = listsync_core::list::NewContact {
        fields: [("room".to_owned(), "7".to_owned())].into(),
        ..contact("berta")
    };
    ok(bed.store.add(&bed.staff, &room, Origin::Manual, moment(2)).await);
    let mut changed = ok(bed.store.contacts_changed(&first.cursor).await).contacts;
    changed.sort();
    let mut expected = vec![anna.clone(), berta.clone()];
    expected.sort();
    assert_eq!(changed, expected, "each once");
    let before = ok(bed.store.contacts_cursor().await);
    bed.opts_out("anna", of(&bed.staff)).await;
    ok(bed.say("anna", Decision::Subscribed, of(&bed.staff)).await);
    let changed = ok(bed.store.contacts_changed(&before).await).contacts;
    assert_eq!(changed, from_ref(&anna), "a filter may take in again who subscribes");
    ok(bed.store.delete_contact(&anna, moment(3)).await);
    assert!(!ok(bed.store.contacts_changed(&start).await).contacts.contains(&anna));
}

async fn a_cursor_that_was_never_given_is_gone<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let odd = Cursor("no cursor of ours".to_owned());
    assert_eq!(fault(bed.store.contacts_changed(&odd).await), Fault::Gone);
}
