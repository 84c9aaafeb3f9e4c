//! An answer that is lost on its way: what was done is done, once, and whoever did it hears so.

use std::time::Duration;

use listsync_core::{id::LinkId, trigger::Generation};
use listsync_engine::ports::{
    Acquired, Finish, Finished, ImportMode, ImportState, Keys as _, Lease, Links as _, ListSide as _,
    ListStore as _, Memory, Progress, Seen as _,
};
use listsync_testkit::sample::{contact, link, moment};

use crate::kit::{Kit, file, people};

const MINUTE: Duration = Duration::from_secs(60);

async fn linked(kit: &Kit) -> LinkId {
    let list = kit.store.create_list("Staff", moment(0)).await.unwrap().id;
    let link = link("link-1", &list, "group-1");
    kit.store.create(&link, moment(0)).await.unwrap();
    link.id
}

async fn lease(kit: &Kit, link: &LinkId) -> Lease {
    match kit.store.acquire(link, moment(0), MINUTE).await.unwrap() {
        Acquired::Lease(lease) => lease,
        Acquired::Busy(until) => panic!("it waits for its own lease, until {until}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_takes_renews_and_ends_its_own_lease() {
    let kit = Kit::start().await;
    let link = linked(&kit).await;
    kit.moto.lose("UpdateItem");
    let requested = kit.store.request(&link, None).await.unwrap();
    assert_eq!(requested, Generation(1), "it is counted once");
    kit.moto.lose("PutItem");
    let lease = lease(&kit, &link).await;
    kit.moto.lose("UpdateItem");
    let longer = kit.store.renew(&lease, moment(30), MINUTE).await.unwrap();
    assert_eq!(longer.until, moment(90));
    let finish = Finish {
        progress: Progress::default(),
        status: None,
        synced: Some(requested),
        due_at: moment(900),
        ruling_done: None,
        members: Vec::new(),
        at: moment(40),
    };
    kit.moto.lose("PutItem");
    assert_eq!(kit.store.finish(&longer, &finish).await, Ok(Finished::Quiet));
    let state = kit.store.load(&link).await.unwrap().unwrap();
    assert_eq!((state.synced, state.leased_until), (requested, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_that_was_given_back_is_free() {
    let kit = Kit::start().await;
    let link = linked(&kit).await;
    let first = lease(&kit, &link).await;
    kit.moto.lose("PutItem");
    kit.store.release(&first).await.unwrap();
    assert!(lease(&kit, &link).await.token > first.token);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_does_not_wait_for_itself() {
    let kit = Kit::start().await;
    let list = kit.store.create_list("Staff", moment(0)).await.unwrap().id;
    kit.moto.lose("PutItem");
    let import = kit.store.import(&list, &file(ImportMode::Full, people(0..20))).await.unwrap().import;
    assert_eq!((import.added, import.state), (20, ImportState::Done));
    kit.moto.lose("TransactWriteItems");
    let import = kit.store.import(&list, &file(ImportMode::Full, people(0..21))).await.unwrap().import;
    assert_eq!((import.added, import.unchanged), (1, 20), "nobody is counted twice");
    assert_eq!(kit.store.size(&list).await.unwrap(), 21);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_remembers_itself_is_new_and_a_key_is_made_once() {
    let kit = Kit::start().await;
    kit.moto.lose("PutItem");
    let first = kit.store.remember("event-1", b"once", moment(60), moment(0)).await.unwrap();
    assert_eq!(first, Memory::New);
    let again = kit.other().remember("event-1", b"twice", moment(60), moment(0)).await.unwrap();
    assert_eq!(again, Memory::Known(b"once".to_vec()));
    kit.store.signing_keys(moment(0)).await.unwrap();
    kit.moto.lose("PutItem");
    kit.store.rotate_signing_key(moment(1)).await.unwrap();
    assert_eq!(kit.store.signing_keys(moment(2)).await.unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_is_done_once_and_its_token_stands_for_no_other() {
    let kit = Kit::start().await;
    let list = kit.store.create_list("Staff", moment(0)).await.unwrap().id;
    kit.moto.lose("TransactWriteItems");
    kit.store.add(&list, &contact("anna"), listsync_core::list::Origin::Manual, moment(1)).await.unwrap();
    assert_eq!(kit.store.size(&list).await.unwrap(), 1);
    let put = |name: &str| {
        let text = |text: &str| aws_sdk_dynamodb::types::AttributeValue::S(text.to_owned());
        let put = aws_sdk_dynamodb::types::Put::builder().table_name("listsync");
        let put = put.item("pk", text("X")).item("sk", text(name)).build().unwrap();
        aws_sdk_dynamodb::types::TransactWriteItem::builder().put(put).build()
    };
    let send = |name: &str| {
        let sent = kit.client.transact_write_items().client_request_token("a token");
        sent.transact_items(put(name)).send()
    };
    send("one").await.unwrap();
    send("one").await.unwrap();
    let other = send("two").await.unwrap_err().into_service_error();
    assert!(other.is_idempotent_parameter_mismatch_exception(), "{other:?}");
}
