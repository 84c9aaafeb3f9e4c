//! The head of a list: how many changes it saw and how many members it has.

use listsync_core::{
    contact::Version,
    id::ListId,
    list::{List, ListKind, OptOutRule},
    register::Refusal,
};
use listsync_engine::ports::{Cursor, PortResult};

use crate::{
    error,
    table::{Condition, Key, Op, Stored, Table},
};

/// By which rule a list's people stand.
const RULED: &str = "ruled";
/// How often another link was made of it or removed.
const LINKED: &str = "linked";

/// A list's head.
#[derive(Debug, Clone)]
pub(crate) struct Head {
    pub(crate) list: List,
    /// The number of the last change.
    pub(crate) seq: u64,
    pub(crate) members: u64,
    pub(crate) links: u64,
    /// How often it came to have other links: what was judged by those that were read is not of others.
    linked: u64,
    /// Up to where of the change feed the list's filter has been followed.
    pub(crate) followed: Option<Cursor>,
    /// By which rule its people stand as they do; none: it is not known, as the list was edited by a version that did not
    /// keep it. Where it is not the list's own rule, whoever reads the list has it followed first.
    ruled: Option<OptOutRule>,
}

pub(crate) fn partition(list: &ListId) -> String {
    format!("LIST#{list}")
}

pub(crate) fn key(list: &ListId) -> Key {
    Key::head(partition(list))
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
        let ruled = Some(list.opt_out);
        Self { list, seq: 0, members: 0, links: 0, linked: 0, followed: None, ruled }
    }

    pub(crate) fn stored(&self) -> PortResult<Stored> {
        let Self { list, seq, members, links, linked, followed, ruled } = self;
        let stored = Stored::new(&key(&list.id))
            .number("seq", seq)
            .number("members", members)
            .number("links", links)
            .number(LINKED, linked)
            .text_option("followed", followed.as_ref().map(|cursor| cursor.0.as_str()))
            .document("doc", list)?;
        match ruled {
            Some(rule) => stored.document(RULED, rule),
            None => Ok(stored),
        }
    }

    /// Whether everybody stands as the list's rule has it.
    pub(crate) fn is_ruled(&self) -> bool {
        self.ruled == Some(self.list.opt_out)
    }

    /// The update after which everybody stands as the list's rule has it.
    pub(crate) fn becomes_ruled(&self) -> PortResult<Condition> {
        let rule =
            serde_json::to_string(&self.list.opt_out).map_err(|_| error::malformed("edit the list"))?;
        Ok(Condition::new(format!("SET #{RULED} = :{RULED}")).with_text(RULED, rule))
    }

    /// Refuses what only the list's filter does.
    pub(crate) fn check_static(&self) -> PortResult<()> {
        match self.list.kind {
            ListKind::Static => Ok(()),
            ListKind::Filtered { .. } => Err(Refusal::Filtered(self.list.id.clone()).into()),
        }
    }

    /// The update after which the list is another. Another filter is followed from its beginning; and it takes a number
    /// of the log, so that nothing is done by the rules from before.
    pub(crate) fn becomes(&self, list: &List) -> PortResult<Condition> {
        // With the name of a deleted list it has its opt-outs, too, which nobody has followed yet.
        let gone: Vec<&str> = [
            (list.kind != self.list.kind).then_some("#followed"),
            (list.formerly != self.list.formerly).then_some("#ruled"),
        ]
        .into_iter()
        .flatten()
        .collect();
        let anew = if gone.is_empty() { String::new() } else { format!(" REMOVE {}", gone.join(", ")) };
        let update = Condition::new(format!("SET #doc = :doc, #seq = :next{anew}"));
        Ok(update.with_text("doc", text(list)?).with_number("next", self.seq + 1))
    }

    /// That nobody edited the list since it was read.
    pub(crate) fn as_read(&self) -> PortResult<Condition> {
        Ok(Condition::new("#doc = :before").with_text("before", text(&self.list)?))
    }

    /// That it has the same links as when it was read, and stands by the same filter.
    pub(crate) fn linked_as_read(&self) -> PortResult<Condition> {
        let so = match self.linked {
            0 => Condition::new(format!("(attribute_not_exists(#{LINKED}) OR #{LINKED} = :as_read)")),
            _ => Condition::new(format!("#{LINKED} = :as_read")),
        };
        let edited = self.as_read()?;
        let both = format!("{} AND {}", so.text(), edited.text());
        Ok(so.with_number("as_read", self.linked).with_all(edited).saying(both))
    }

    /// The write after which it has so many links more, or one that is of another group, unless it has others by now than when
    /// it was read.
    pub(crate) fn relinked(&self, more: i64) -> PortResult<Op> {
        let update = Condition::new(format!("SET #links = #links + :more, #{LINKED} = :next"))
            .with_number("more", more)
            .with_number("next", self.linked + 1);
        Ok(Op::update(key(&self.list.id), update).when(self.linked_as_read()?))
    }

    pub(crate) fn read(stored: &Stored) -> PortResult<Self> {
        let list: List = stored.read_document("doc")?;
        // Nobody edited a list of the first version, so that the rule is the one that it was made with.
        let born = (list.version == Version(1)).then_some(list.opt_out);
        Ok(Self {
            ruled: stored.document_option(RULED)?.or(born),
            list,
            seq: stored.count("seq")?,
            members: stored.count("members")?,
            links: stored.count("links")?,
            // Heads from before this was kept lack it until their list is linked anew.
            linked: stored.count_option(LINKED)?.unwrap_or(0),
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
