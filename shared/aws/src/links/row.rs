//! The head of a link: everything but its members.

use listsync_core::{
    Timestamp,
    id::{GroupId, LinkId, ListId, TenantId},
    link::{Link, LinkStatus, Side},
    protocol::Generations,
    trigger::Generation,
};
use listsync_engine::ports::{LinkState, PortError, PortResult, Progress, Ruling};

use crate::{
    error,
    lists::head,
    table::{Condition, Fail, Key, Op, Stored, TRAIL, Table, documents, ordered_instant, schema, span},
};

const LINKS: &str = "LINKS";

/// A link's head.
#[derive(Debug, Clone)]
pub(super) struct LinkRow {
    pub(super) link: Link,
    pub(super) progress: Progress,
    pub(super) ruling: Option<Ruling>,
    pub(super) requested: u64,
    pub(super) synced: u64,
    pub(super) due_at: Timestamp,
    pub(super) token: u64,
    pub(super) leased_until: Option<Timestamp>,
    /// A resync was asked for during the present lease.
    pub(super) resync: bool,
    pub(super) finished_at: Option<Timestamp>,
    /// Where its members are kept; another one once they are forgotten.
    pub(super) space: String,
    /// What tells it from an earlier link of the same id.
    pub(super) birth: String,
    /// How many members we hold to be in the group.
    pub(super) in_group: u64,
    /// Raised by each change.
    pub(super) rev: u64,
    /// The marks of its last writes.
    pub(super) trail: Option<String>,
}

pub(super) fn partition(link: &LinkId) -> String {
    format!("LINK#{link}")
}

pub(super) fn key(link: &LinkId) -> Key {
    Key::head(partition(link))
}

pub(super) fn pointer(link: &LinkId) -> Key {
    Key::new(LINKS, link.as_str())
}

pub(super) fn list_pointer(list: &ListId, link: &LinkId) -> Key {
    Key::new(head::partition(list), format!("LINK#{link}"))
}

fn group_partition(tenant: &TenantId, group: &GroupId) -> String {
    format!("GROUP#{tenant}#{group}")
}

pub(super) fn group_key(link: &Link) -> Key {
    Key::new(group_partition(&link.tenant, &link.group), "WRITER")
}

/// Where it says that it writes its group; none: it does not, or the group is still to be made.
pub(super) fn group_writer(link: &Link) -> Option<Key> {
    (link.mode.writes(Side::Group) && !link.is_pending()).then(|| group_key(link))
}

/// One for each of its groups.
pub(super) fn group_pointers(link: &Link) -> impl Iterator<Item = Key> {
    link.groups().map(|group| Key::new(group_partition(&link.tenant, group), format!("LINK#{}", link.id)))
}

pub(super) fn gone(link: &LinkId) -> PortError {
    error::gone("no_such_link", format!("there is no link {link}"))
}

/// A name that was never given before.
pub(super) fn fresh_name() -> String {
    uuid::Uuid::now_v7().simple().to_string()
}

impl LinkRow {
    /// A new link, due at once. Its tokens begin above those of an earlier link of the same id.
    pub(super) fn new(link: &Link, now: Timestamp) -> Self {
        Self {
            link: link.clone(),
            progress: Progress::default(),
            ruling: None,
            requested: 0,
            synced: 0,
            due_at: now,
            token: u64::try_from(Timestamp::now().as_microsecond()).unwrap_or(0),
            leased_until: None,
            resync: false,
            finished_at: None,
            space: fresh_name(),
            birth: fresh_name(),
            in_group: 0,
            rev: 0,
            trail: None,
        }
    }

    /// How far its requests are answered.
    pub(super) fn generations(&self) -> Generations {
        Generations { requested: Generation(self.requested), synced: Generation(self.synced) }
    }

    pub(super) fn state(self) -> LinkState {
        LinkState {
            link: self.link,
            progress: self.progress,
            ruling: self.ruling,
            requested: Generation(self.requested),
            synced: Generation(self.synced),
            due_at: self.due_at,
            leased_until: self.leased_until,
            finished_at: self.finished_at,
        }
    }

    /// When the timer has to look at it: when its lease ends, else at once if more was requested, else when it is due.
    fn wakes_at(&self) -> Option<Timestamp> {
        let free = if self.generations().is_open() { Timestamp::MIN } else { self.due_at };
        (self.link.status == LinkStatus::Active).then(|| self.leased_until.unwrap_or(free))
    }

    pub(super) fn stored(&self) -> PortResult<Stored> {
        let id = &self.link.id;
        let every = self.link.every.map(|every| u64::try_from(every.as_nanos()).unwrap_or(u64::MAX));
        let mut stored = Stored::new(&key(id))
            .text("link", id.as_str())
            .text("list", self.link.list.as_str())
            .flag("writes_group", self.link.mode.writes(Side::Group))
            .flag("writes_list", self.link.mode.writes(Side::List))
            .flag("active", self.link.status == LinkStatus::Active)
            .number("requested", self.requested)
            .number("synced", self.synced)
            .at("due_at", self.due_at)
            .number("token", self.token)
            .at_option("leased_until", self.leased_until)
            .flag("resync", self.resync)
            .at_option("finished_at", self.finished_at)
            .text("space", &self.space)
            .text("birth", &self.birth)
            .number("in_group", self.in_group)
            .number("rev", self.rev)
            .text_option(TRAIL, self.trail.as_deref())
            .document("doc", &self.link)?
            .document("progress", &self.progress)?;
        if let Some(every) = every {
            stored = stored.number("every", every);
        }
        if let Some(ruling) = &self.ruling {
            stored = stored.document("ruling", ruling)?;
        }
        if let Some(at) = self.wakes_at() {
            stored = stored.text("due_shard", due_shard(id)).text("due_key", due_key(at, id));
        }
        Ok(stored)
    }

    pub(super) fn read(stored: &Stored) -> PortResult<Self> {
        Ok(Self {
            link: stored.read_document("doc")?,
            progress: stored.read_document("progress")?,
            ruling: stored.document_option("ruling")?,
            requested: stored.count("requested")?,
            synced: stored.count("synced")?,
            due_at: stored.instant("due_at")?,
            token: stored.count("token")?,
            leased_until: stored.instant_option("leased_until")?,
            resync: stored.is("resync"),
            finished_at: stored.instant_option("finished_at")?,
            space: stored.read("space")?,
            birth: stored.read("birth")?,
            in_group: stored.count("in_group")?,
            rev: stored.count("rev")?,
            trail: stored.find(TRAIL).map(str::to_owned),
        })
    }

    pub(super) async fn find(table: &Table, link: &LinkId) -> PortResult<Option<Self>> {
        table.get("read the link", &key(link)).await?.map(|stored| Self::read(&stored)).transpose()
    }

    pub(super) async fn load(table: &Table, link: &LinkId) -> PortResult<Self> {
        Self::find(table, link).await?.ok_or_else(|| gone(link))
    }

    /// That nobody changed it since it was read.
    pub(super) fn as_read(&self) -> Condition {
        Condition::new("#rev = :rev").with_number("rev", self.rev)
    }

    /// The write of this head over the one that was read.
    pub(super) fn save_op(&self, read: &Self) -> PortResult<Op> {
        let next = Self { rev: read.rev + 1, ..self.clone() };
        Ok(Op::put(key(&self.link.id), next.stored()?).when(read.as_read()))
    }

    /// Saves this head over the one that was read.
    pub(super) async fn save(&self, table: &Table, doing: &'static str, read: &Self) -> Result<(), Fail> {
        let next = Self { rev: read.rev + 1, ..self.clone() };
        match table.put(doing, next.stored()?, Some(read.as_read())).await? {
            true => Ok(()),
            false => Err(Fail::Stale),
        }
    }
}

/// In which part of the index of due links a link is.
pub(super) fn due_shard(link: &LinkId) -> String {
    schema::shard(link.as_str()).to_string()
}

/// Where it is in that part.
pub(super) fn due_key(at: Timestamp, link: &LinkId) -> String {
    format!("{}#{link}", ordered_instant(at))
}

/// Links by id, after one.
pub(super) async fn page(table: &Table, after: Option<&LinkId>, limit: usize) -> PortResult<Vec<LinkState>> {
    let pointers = span(LINKS).limit(limit);
    let pointers = match after {
        Some(after) => pointers.after(after.as_str()),
        None => pointers,
    };
    states(table, table.query("read the links", &pointers).await?).await
}

pub(crate) async fn of_list(table: &Table, list: &ListId) -> PortResult<Vec<LinkState>> {
    let found = table.query("read the list's links", &span(head::partition(list)).beginning("LINK#")).await?;
    if found.is_empty() {
        head::Head::load(table, list).await?;
    }
    states(table, found).await
}

pub(super) async fn of_group(
    table: &Table,
    tenant: &TenantId,
    group: &GroupId,
) -> PortResult<Vec<LinkState>> {
    let pointers = span(group_partition(tenant, group)).beginning("LINK#");
    states(table, table.query("read the group's links", &pointers).await?).await
}

/// The states of the links that pointers name, in their order.
async fn states(table: &Table, pointers: Vec<Stored>) -> PortResult<Vec<LinkState>> {
    let ids: Vec<LinkId> = documents(pointers, |stored| stored.read("link"))?;
    let mut found = table.get_many("read the links", ids.iter().map(key).collect()).await?;
    let heads = ids.iter().filter_map(|id| found.remove(&key(id)));
    heads.map(|stored| Ok(LinkRow::read(&stored)?.state())).collect()
}

#[cfg(test)]
mod tests {
    use listsync_core::id::ListId;
    use listsync_testkit::sample::{link, moment};

    use super::*;

    #[test]
    fn who_writes_a_link_over_hands_on_whose_its_last_writes_were() {
        let list = ListId::parse("staff").expect("a name is an id");
        let row = LinkRow::new(&link("one", &list, "group"), moment(0));
        let written = row.stored().expect("a row").text(TRAIL, "b a");
        let read = LinkRow::read(&written).expect("the same row");
        let after = LinkRow { synced: 1, ..read };
        assert_eq!(after.stored().expect("a row").find(TRAIL), Some("b a"));
    }
}
