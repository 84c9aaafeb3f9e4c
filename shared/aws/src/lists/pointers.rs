//! The items by which an external id or an object finds its contact.

use listsync_core::id::{ContactId, ObjectId};

use super::person::{Contact, external_key, object_key};
use crate::table::{Condition, Op, Stored, schema};

/// What is written where an external id finds the contact.
pub(crate) fn external_ops(before: Option<&Contact>, contact: &Contact) -> Vec<Op> {
    let (old, new) = (before.map(Contact::keys).unwrap_or_default(), contact.keys());
    let freed = old.iter().filter(|key| new.iter().all(|other| other != *key));
    let freed = freed.map(|old| Op::delete(external_key(old)));
    let taken = new.iter().filter(|key| old.iter().all(|other| other != *key)).map(|new| {
        let key = external_key(new);
        let stored = Stored::new(&key).text("contact", contact.id().as_str());
        Op::put(key, stored).when(Condition::absent())
    });
    freed.chain(taken).collect()
}

/// The index from objects to contacts.
pub(crate) fn object_ops(before: Option<&Contact>, contact: &Contact) -> Vec<Op> {
    let old = before.and_then(|before| before.card.object_id.as_ref());
    let new = contact.card.object_id.as_ref();
    if old == new {
        return Vec::new();
    }
    let old = old.map(|old| object_op(old, contact.id(), "DELETE"));
    old.into_iter().chain(new.map(|new| object_op(new, contact.id(), "ADD"))).collect()
}

/// Adds a contact to those of an object, or takes it from them.
pub(crate) fn object_op(object: &ObjectId, contact: &ContactId, verb: &str) -> Op {
    let set = aws_sdk_dynamodb::types::AttributeValue::Ss(vec![contact.to_string()]);
    let update = Condition::new(format!("SET #schema = :schema {verb} #contacts :contact"));
    Op::update(object_key(object), update.with("contact", set).with_number("schema", schema::SCHEMA))
}
