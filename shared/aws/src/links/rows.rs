//! Rows as they are written: each with its mark among the open ones, its contact's keys, and what it adds to the number
//! of members in the group.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use listsync_core::{id::ContactId, member::Member};
use listsync_engine::ports::{MemberChange, PortResult};

use super::members::{
    by_contact, contact_key, is_in_group, is_open, key_text, open_key, row_key, rows, stored,
};
use crate::{
    lists::tx::Piece,
    table::{Op, Stored, Table},
};

/// Rows as they are, kept up with what is written. Only the holder of the lease writes them, so nobody else does
/// meanwhile.
pub(super) struct Rows<'a> {
    space: &'a str,
    rows: HashMap<String, Member>,
    keys: HashMap<ContactId, BTreeSet<String>>,
}

impl<'a> Rows<'a> {
    /// The present rows of these keys; and of these contacts, besides those that the rows name, the keys.
    pub(super) async fn load(
        table: &Table,
        space: &'a str,
        (keys, mut contacts): (BTreeSet<String>, BTreeSet<ContactId>),
    ) -> PortResult<Self> {
        let rows = rows(table, space, keys).await?;
        contacts.extend(rows.values().filter_map(|row| row.contact.clone()));
        let contacts: Vec<ContactId> = contacts.into_iter().collect();
        let keys = by_contact(table, space, &contacts).await?;
        Ok(Self { space, rows, keys })
    }

    /// What is to be written for a change; from here on the rows are as if it were.
    pub(super) fn settle(&mut self, change: &MemberChange) -> PortResult<Piece> {
        let key = key_text(change.key());
        let old = self.rows.remove(&key);
        let new = match change {
            MemberChange::Put(member) => Some(member.clone()),
            MemberChange::Delete(_) => None,
        };
        let row = row_key(self.space, &key);
        let mut ops = vec![match &new {
            Some(member) => Op::put(row, stored(self.space, member)?),
            None => Op::delete(row),
        }];
        let mark = open_key(self.space, &key);
        match (old.as_ref().is_some_and(is_open), new.as_ref().is_some_and(is_open)) {
            (false, true) => {
                let stored = Stored::new(&mark);
                ops.push(Op::put(mark, stored));
            }
            (true, false) => ops.push(Op::delete(mark)),
            _ => {}
        }
        let contact = |row: &Option<Member>| row.as_ref().and_then(|row| row.contact.clone());
        ops.extend(self.contact_ops(&key, (contact(&old), contact(&new))));
        let in_group = |row: &Option<Member>| i64::from(row.as_ref().is_some_and(is_in_group));
        let in_group = in_group(&new) - in_group(&old);
        self.rows.extend(new.map(|member| (key, member)));
        Ok(Piece { ops, in_group, ..Piece::default() })
    }

    fn contact_ops(&mut self, key: &str, (old, new): (Option<ContactId>, Option<ContactId>)) -> Vec<Op> {
        if old == new {
            return Vec::new();
        }
        let mut changed: BTreeMap<ContactId, BTreeSet<String>> = BTreeMap::new();
        if let Some(old) = old {
            let keys = self.keys.entry(old.clone()).or_default();
            keys.remove(key);
            changed.insert(old, keys.clone());
        }
        if let Some(new) = new {
            let keys = self.keys.entry(new.clone()).or_default();
            keys.insert(key.to_owned());
            changed.insert(new, keys.clone());
        }
        let write = |(contact, keys): (ContactId, BTreeSet<String>)| {
            let key = contact_key(self.space, &contact);
            if keys.is_empty() {
                return Op::delete(key);
            }
            let stored = Stored::new(&key).texts("keys", &keys);
            Op::put(key, stored)
        };
        changed.into_iter().map(write).collect()
    }
}

/// The keys of the rows that changes write, and the contacts that they name.
pub(super) fn named(changes: &[MemberChange]) -> (BTreeSet<String>, BTreeSet<ContactId>) {
    let keys = changes.iter().map(|change| key_text(change.key())).collect();
    let contact = |change: &MemberChange| match change {
        MemberChange::Put(member) => member.contact.clone(),
        MemberChange::Delete(_) => None,
    };
    (keys, changes.iter().filter_map(contact).collect())
}
