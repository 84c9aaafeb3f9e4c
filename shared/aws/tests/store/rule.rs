//! A list's rule that is stored, and not followed.

use aws_sdk_dynamodb::types::AttributeValue;
use listsync_core::{
    contact::{Decision, OptOutReason, Saying, Scope, Via},
    list::{List, OptOutRule, Origin, Standing},
};
use listsync_engine::ports::{Contacts as _, EntryQuery, ListEdit, ListSide as _, ListStore as _};
use listsync_testkit::sample::{address, contact, moment};

use crate::kit::Kit;

/// A mandatory list with two members of whom one said no to all lists.
async fn mandatory(kit: &Kit) -> List {
    let list = kit.store.create_list("Staff", moment(0)).await.unwrap();
    let mandatory = ListEdit { opt_out: Some(OptOutRule::NotAllowed), ..ListEdit::default() };
    let list = kit.store.edit_list(&list.id, None, &mandatory, moment(0)).await.unwrap();
    for name in ["anna", "berta"] {
        kit.store.add(&list.id, &contact(name), Origin::Manual, moment(1)).await.unwrap();
    }
    let no = Saying {
        address: address("anna"),
        decision: Decision::OptedOut,
        scope: Scope::All,
        reason: OptOutReason::Own,
        via: Via::Operator,
        at: moment(2),
    };
    kit.store.say(&no).await.unwrap();
    list
}

/// Writes the list as a version did that stored the rule and then failed to follow it, and left no trace of that.
async fn voluntary_by_half(kit: &Kit, list: &List) {
    let mut after = list.clone();
    after.opt_out = OptOutRule::Allowed;
    after.version.0 += 1;
    kit.client
        .update_item()
        .table_name("listsync")
        .key("pk", AttributeValue::S(format!("LIST#{}", list.id)))
        .key("sk", AttributeValue::S("HEAD".to_owned()))
        .update_expression("SET doc = :doc REMOVE ruled")
        .expression_attribute_values(":doc", AttributeValue::S(serde_json::to_string(&after).unwrap()))
        .send()
        .await
        .unwrap();
}

async fn standings(kit: &Kit, list: &List) -> Vec<Standing> {
    let mut entries = kit.store.entries(&list.id, EntryQuery::All).await.unwrap();
    entries.sort_by(|one, other| one.address.cmp(&other.address));
    entries.into_iter().map(|entry| entry.standing).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_that_was_stored_and_not_followed_is_followed_by_who_reads_the_list() {
    let kit = Kit::start().await;
    let list = mandatory(&kit).await;
    assert_eq!(standings(&kit, &list).await, [Standing::Member, Standing::Member]);
    let cursor = kit.store.cursor(&list.id).await.unwrap();
    voluntary_by_half(&kit, &list).await;
    let changes = kit.store.changes(&list.id, &cursor).await.unwrap();
    assert_eq!(changes.contacts.len(), 1, "the next run hears of it");
    assert_eq!(standings(&kit, &list).await, [Standing::OptedOut, Standing::Member]);
    assert_eq!(kit.store.size(&list.id).await.unwrap(), 1);
    let after = kit.store.changes(&list.id, &changes.cursor).await.unwrap();
    assert_eq!(after.contacts, [], "once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_is_followed_by_any_edit_that_finds_it_is_not() {
    let kit = Kit::start().await;
    let list = mandatory(&kit).await;
    voluntary_by_half(&kit, &list).await;
    let renamed = ListEdit { name: Some("Everybody".to_owned()), ..ListEdit::default() };
    kit.store.edit_list(&list.id, None, &renamed, moment(3)).await.unwrap();
    assert_eq!(kit.kinds().await["ROW"], 2);
    assert_eq!(standings(&kit, &list).await, [Standing::OptedOut, Standing::Member]);
}
