//! What was let go in one write, and is cleared away item by item afterwards.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use listsync_core::{
    contact::Decision,
    id::{ContactId, ListId},
    list::Standing,
};
use listsync_engine::ports::PortResult;

use crate::{
    DynamoStore, error,
    links::members,
    lists::{
        catalog, head, held,
        people::still_at,
        person::{Contact, contact_key, said_partition},
        row::{Row, row_key, row_partition},
    },
    table::{CLEARED, Condition, Fail, Key, Op, Patience, Stored, Table, schema, span},
};

const GARBAGE: &str = "GARBAGE";
const DOING: &str = "clear away what was deleted";
/// How many rows of a list are cleared away in one transaction: each with its mark on the contact.
const ROWS: usize = 45;
/// How many clearings are under way at a time.
const AT_ONCE: usize = 8;

/// Remembers that a list's rows and log are to be cleared away.
pub(crate) fn list(list: &ListId) -> Op {
    note(format!("list#{list}"))
}

/// Remembers that what a contact said is to be cleared away.
pub(crate) fn said(contact: &ContactId) -> Op {
    note(format!("said#{contact}"))
}

/// Remembers that a link's members in this space are to be cleared away.
pub(crate) fn space(space: &str) -> Op {
    note(format!("space#{space}"))
}

/// Where a note of what is to be cleared away is.
pub(crate) fn key(what: String) -> Key {
    Key::new(GARBAGE, what)
}

fn note(what: String) -> Op {
    let key = key(what);
    let stored = Stored::new(&key);
    Op::put(key, stored)
}

impl DynamoStore {
    /// What people said no to on a deleted list is theirs once its rows are cleared away, so that is done before another list
    /// has the name.
    pub(crate) async fn clear_what_had_the_name(&self, name: &str) -> PortResult<()> {
        match catalog::Former::named(&self.table, name).await?.lists.is_empty() {
            true => Ok(()),
            false => self.clear_garbage().await,
        }
    }

    /// Clears away what deleted lists and links left behind. Each deletion does; what it left in a crash, the next one
    /// clears away.
    ///
    /// # Errors
    /// When the table does not answer; what is left is cleared away the next time.
    pub async fn clear_garbage(&self) -> PortResult<()> {
        for stored in self.table.query(DOING, &span(GARBAGE)).await? {
            let key = stored.key()?;
            match key.sk.split_once('#') {
                Some(("list", id)) => {
                    if let Ok(list) = ListId::parse(id) {
                        clear_list(&self.table, &list).await?;
                    }
                }
                Some(("said", id)) => {
                    if let Ok(contact) = ContactId::parse(id) {
                        self.table.clear(DOING, &said_partition(&contact)).await?;
                    }
                }
                Some(("erased", id)) => {
                    if let Ok(contact) = ContactId::parse(id) {
                        self.strike(Some(&contact), &stored).await?;
                    }
                }
                Some(("address", _)) => self.strike(None, &stored).await?,
                Some(("space", space)) => members::clear(&self.table, space).await?,
                _ => {}
            }
            self.table.delete_many(DOING, vec![key]).await?;
        }
        Ok(())
    }
}

async fn clear_list(table: &Table, list: &ListId) -> PortResult<()> {
    let shards = stream::iter(0..schema::SHARDS).map(|shard| clear_rows(table, list, shard));
    shards.buffer_unordered(AT_ONCE).try_collect::<()>().await?;
    held::forget(table, list).await?;
    table.clear(DOING, &head::log_partition(list)).await?;
    table.clear(DOING, &head::partition(list)).await
}

/// The rows of a shard, each together with the contact's mark that it is on the list.
async fn clear_rows(table: &Table, list: &ListId, shard: u32) -> PortResult<()> {
    loop {
        let rows = table.query(DOING, &span(row_partition(list, shard)).limit(CLEARED)).await?;
        if rows.is_empty() {
            return Ok(());
        }
        for rows in rows.chunks(ROWS) {
            clear_some(table, list, rows).await?;
        }
    }
}

async fn clear_some(table: &Table, list: &ListId, rows: &[Stored]) -> PortResult<()> {
    let rows = rows.iter().map(Row::read).collect::<PortResult<Vec<Row>>>()?;
    for row in &rows {
        forget_sayings(table, list, &row.contact).await?;
    }
    let mut patience = Patience::new(DOING);
    loop {
        let ops = clearing(table, list, &rows).await?;
        match table.transact(DOING, &ops).await {
            Ok(()) => return Ok(()),
            Err(Fail::Port(error)) => return Err(error),
            Err(Fail::Stale | Fail::Taken) => patience.wait().await?,
        }
    }
}

/// The writes after which these rows are no more. What somebody said no to becomes their contact's, for a list of the same
/// name.
async fn clearing(table: &Table, list: &ListId, rows: &[Row]) -> PortResult<Vec<Op>> {
    let may_say_no =
        |row: &&Row| row.standing == Standing::OptedOut || row.decision == Some(Decision::OptedOut);
    let said = rows.iter().filter(may_say_no).map(|row| contact_key(&row.contact));
    let contacts = table.get_many(DOING, said.collect()).await?;
    let contacts = contacts.values().map(Contact::read).collect::<PortResult<Vec<Contact>>>()?;
    let contacts: HashMap<&ContactId, &Contact> =
        contacts.iter().map(|contact| (contact.id(), contact)).collect();
    let marked =
        |mark: Condition| mark.with_number("one", 1).with("list", AttributeValue::Ss(vec![list.to_string()]));
    let mut ops = Vec::with_capacity(rows.len() * 2);
    for row in rows {
        let key = contact_key(&row.contact);
        ops.push(Op::delete(row_key(list, &row.contact)));
        let said =
            contacts.get(&row.contact).and_then(|contact| Some((contact, row.word(&contact.card)?.no()?)));
        match said {
            Some((contact, no)) => {
                let mut refused = contact.refused.clone();
                refused.insert(list.clone(), no);
                let refused = serde_json::to_string(&refused).map_err(|_| error::malformed(DOING))?;
                let mark = Condition::new("SET #rev = #rev + :one, #refused = :refused DELETE #lists :list");
                let mark = mark.with_text("refused", refused);
                ops.push(Op::update(key, marked(mark)).when(still_at(contact.rev)));
            }
            None => {
                let mark = Condition::new("SET #rev = #rev + :one DELETE #lists :list");
                ops.push(Op::update(key, marked(mark)).when(Condition::present()));
            }
        }
    }
    Ok(ops)
}

/// What a contact said about a list goes with the list.
async fn forget_sayings(table: &Table, list: &ListId, contact: &ContactId) -> PortResult<()> {
    let about = Condition::new("#list = :list").with_text("list", list.as_str());
    let said = table.query(DOING, &span(said_partition(contact)).only(about)).await?;
    let keys = said.iter().map(Stored::key).collect::<PortResult<Vec<Key>>>()?;
    table.delete_many(DOING, keys).await
}
