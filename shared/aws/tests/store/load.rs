use std::time::Duration;

use listsync_engine::ports::{
    Acquired, EntryQuery, Fold, ImportMode, Links as _, ListSide as _, ListStore as _, MemberChange,
    MemberQuery,
};
use listsync_testkit::sample::{bound, link, member, moment};

use crate::kit::{Kit, file, people};

#[tokio::test(flavor = "multi_thread")]
async fn what_a_busy_table_leaves_undone_is_done_in_the_end() {
    let kit = Kit::start().await;
    let list = kit.store.create_list("Staff", moment(0)).await.unwrap().id;
    let link = link("link-1", &list, "group-1");
    kit.store.create(&link, moment(0)).await.unwrap();
    kit.moto.put_under_load();
    kit.store.import(&list, &file(ImportMode::Full, people(0..100))).await.unwrap();
    let held = kit.store.import(&list, &file(ImportMode::Full, people(0..40))).await.unwrap().import;
    assert_eq!(held.held, 60, "written down by a batch that was half done");
    let entries = kit.store.entries(&list, EntryQuery::All).await.unwrap();
    let contacts: Vec<_> = entries.iter().map(|entry| entry.contact.clone()).collect();
    let found = kit.store.entries(&list, EntryQuery::Contacts(&contacts)).await.unwrap();
    assert_eq!(found.len(), 100, "read by a batch that was half done");
    let matches: Vec<_> = contacts.iter().map(|id| bound(id, ("somebody", id.as_str()))).collect();
    kit.store.bind(&matches).await.unwrap();
    let minute = Duration::from_secs(60);
    let Acquired::Lease(lease) = kit.store.acquire(&link.id, moment(0), minute).await.unwrap() else {
        panic!("the lease is free")
    };
    let members = (0..100).map(|number| MemberChange::Put(member(&format!("row-{number}")))).collect();
    kit.store.fold(&lease, &Fold { members, ..Fold::default() }).await.unwrap();
    assert_eq!(kit.store.members(&link.id, MemberQuery::All).await.unwrap().len(), 100);
    let approved = kit.store.approve_import(&held.id, moment(9)).await.unwrap();
    assert_eq!(approved.removed, 60);
    kit.store.delete(&link.id).await.unwrap();
    kit.store.delete_list(&list).await.unwrap();
}
