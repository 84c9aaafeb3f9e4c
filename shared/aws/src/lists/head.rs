//! The head of a list: how many changes it saw and how many members it has.

use listsync_core::{
    id::ListId,
    list::{List, ListKind},
};
use listsync_engine::ports::{Cursor, PortResult};

use crate::{
    error,
    table::{Condition, Key, Op, Stored, Table},
};

/// A list's head.
#[derive(Debug, Clone)]
pub(crate) struct Head {
    pub(crate) list: List,
    /// The number of the last change.
    pub(crate) seq: u64,
    pub(crate) members: u64,
    pub(crate) links: u64,
    /// Up to where of the change feed the list's filter has been followed.
    pub(crate) followed: Option<Cursor>,
}

pub(crate) fn partition(list: &ListId) -> String {
    format!("LIST#{list}")
}

pub(crate) fn key(list: &ListId) -> Key {
    Key::head(partition(list))
}

pub(crate) fn writer_key(list: &ListId) -> Key {
    Key::new(partition(list), "WRITER")
}

pub(crate) fn log_partition(list: &ListId) -> String {
    format!("LOG#{list}")
}

pub(crate) fn log_key(list: &ListId, seq: u64) -> Key {
    Key::new(log_partition(list), log_sort(seq))
}

pub(crate) fn log_sort(seq: u64) -> String {
    format!("{seq:020}")
}

impl Head {
    pub(crate) fn blank(list: List) -> Self {
        Self { list, seq: 0, members: 0, links: 0, followed: None }
    }

    pub(crate) fn stored(&self) -> PortResult<Stored> {
        let Self { list, seq, members, links, followed } = self;
        Stored::new(&key(&list.id))
            .number("seq", seq)
            .number("members", members)
            .number("links", links)
            .text_option("followed", followed.as_ref().map(|cursor| cursor.0.as_str()))
            .document("doc", list)
    }

    /// Refuses what only the list's filter does.
    pub(crate) fn check_static(&self) -> PortResult<()> {
        match self.list.kind {
            ListKind::Static => Ok(()),
            ListKind::Filtered { .. } => Err(error::rejected(
                "list_filtered",
                format!("who is on list {} is decided by its filter alone", self.list.id),
                "edit the filter or the contacts, or make the list static",
            )),
        }
    }

    /// The update after which the list is another. Another filter is followed from its beginning; and it takes a number
    /// of the log, so that nothing is done by the rules from before.
    pub(crate) fn becomes(&self, list: &List) -> PortResult<Condition> {
        let anew = if list.kind == self.list.kind { "" } else { " REMOVE #followed" };
        let update = Condition::new(format!("SET #doc = :doc, #seq = :next{anew}"));
        Ok(update.with_text("doc", text(list)?).with_number("next", self.seq + 1))
    }

    /// That nobody edited the list since it was read.
    pub(crate) fn as_read(&self) -> PortResult<Condition> {
        Ok(Condition::new("#doc = :before").with_text("before", text(&self.list)?))
    }

    pub(crate) fn read(stored: &Stored) -> PortResult<Self> {
        Ok(Self {
            list: stored.read_document("doc")?,
            seq: stored.count("seq")?,
            members: stored.count("members")?,
            links: stored.count("links")?,
            followed: stored.find("followed").map(|cursor| Cursor(cursor.to_owned())),
        })
    }

    pub(crate) async fn find(table: &Table, list: &ListId) -> PortResult<Option<Self>> {
        table.get("read the list", &key(list)).await?.map(|stored| Self::read(&stored)).transpose()
    }

    pub(crate) async fn load(table: &Table, list: &ListId) -> PortResult<Self> {
        Self::find(table, list).await?.ok_or_else(|| gone(list))
    }
}

fn text(list: &List) -> PortResult<String> {
    serde_json::to_string(list).map_err(|_| error::malformed("edit the list"))
}

pub(crate) fn gone(list: &ListId) -> listsync_engine::ports::PortError {
    error::gone("no_such_list", format!("there is no list {list}"))
}

/// Takes the next number of a list's changes, unless somebody took it since `seq` was read.
pub(crate) fn advance(list: &ListId, seq: u64, members: i64) -> Op {
    let update = Condition::new("SET #seq = :next, #members = #members + :joined")
        .with_number("next", seq + 1)
        .with_number("joined", members);
    Op::update(key(list), update).when(Condition::new("#seq = :seen").with_number("seen", seq))
}
