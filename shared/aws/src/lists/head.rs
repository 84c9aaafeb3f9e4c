//! The head of a list: how many changes it saw and how many members it has.

use listsync_core::{id::ListId, list::List};
use listsync_engine::ports::PortResult;

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
        Self { list, seq: 0, members: 0, links: 0 }
    }

    pub(crate) fn stored(&self) -> Stored {
        let Self { list, seq, members, links } = self;
        Stored::new(&key(&list.id))
            .text("id", list.id.as_str())
            .text("name", &list.name)
            .number("seq", seq)
            .number("members", members)
            .number("links", links)
    }

    pub(crate) fn read(stored: &Stored) -> PortResult<Self> {
        let list = List::new(stored.read("id")?, stored.read("name")?);
        Ok(Self {
            list,
            seq: stored.count("seq")?,
            members: stored.count("members")?,
            links: stored.count("links")?,
        })
    }

    pub(crate) async fn find(table: &Table, list: &ListId) -> PortResult<Option<Self>> {
        table.get("read the list", &key(list)).await?.map(|stored| Self::read(&stored)).transpose()
    }

    pub(crate) async fn load(table: &Table, list: &ListId) -> PortResult<Self> {
        Self::find(table, list).await?.ok_or_else(|| gone(list))
    }
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
