//! A link but for its members, as two items side by side in the partition of all links.
//!
//! The *head* says when somebody has to look at the link, who has its lease, how far its requests are answered, and what of a
//! look that found nothing is kept: what each round writes, in less than a kilobyte. The *body* has what a person set up and
//! what a run hands on to the next. A write that changes both is one transaction; the head names the body that belongs to it.
//! Side by side they are read by one query, and hundreds of links by one as well.
//!
//! Earlier releases kept a link as one item in a partition of its own, and a pointer among the links. It is read there, and
//! moves with the next write of the whole link. Each write begins with one, or fails and is begun anew with one, as nothing is
//! where it looks. Where it was, and where they would look for a link that is newer than they are, stands a *sign*: nothing but
//! a shape that they refuse by its number. So they say that they are too old, and never that there is no such link.

use listsync_core::{
    Timestamp,
    id::{GroupId, LinkId, ListId, TenantId},
    link::{Link, LinkStatus, Side},
    protocol::Generations,
    quiet::Quiet,
    trigger::Generation,
};
use listsync_engine::ports::{LinkState, PortError, PortResult, Progress, Ruling};

use crate::{
    error,
    lists::head,
    table::{
        Condition, Fail, Key, Op, Patience, Span, Stored, TRAIL, Table, documents, ordered_instant, schema,
        span,
    },
};

const LINKS: &str = "LINKS";
const HEAD: &str = "#HEAD";
const BODY: &str = "#BODY";
const DOING: &str = "read the link";

/// A link's head and body.
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
    /// The last run, where it found nothing.
    pub(super) quiet: Option<Quiet>,
    /// Raised by each change.
    pub(super) rev: u64,
    /// Which body is the head's; none: all of it is in one item, where earlier releases kept it.
    pub(super) body: Option<u64>,
    /// The marks of its last writes.
    pub(super) trail: Option<String>,
}

pub(super) fn key(link: &LinkId) -> Key {
    Key::new(LINKS, format!("{link}{HEAD}"))
}

fn body_key(link: &LinkId) -> Key {
    Key::new(LINKS, format!("{link}{BODY}"))
}

/// Where earlier releases kept all of it, and now its sign is.
fn former_key(link: &LinkId) -> Key {
    Key::head(format!("LINK#{link}"))
}

/// Where those had its place among the links.
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
            quiet: None,
            rev: 0,
            body: Some(0),
            trail: None,
        }
    }

    /// How far its requests are answered.
    pub(super) fn generations(&self) -> Generations {
        Generations { requested: Generation(self.requested), synced: Generation(self.synced) }
    }

    pub(super) fn state(self) -> LinkState {
        let state = LinkState {
            link: self.link,
            progress: self.progress,
            ruling: self.ruling,
            requested: Generation(self.requested),
            synced: Generation(self.synced),
            due_at: self.due_at,
            leased_until: self.leased_until,
            finished_at: self.finished_at,
            token: self.token,
            quiet: None,
            rev: self.rev,
        };
        state.with_quiet(self.quiet)
    }

    /// When the timer has to look at it: when its lease ends, else at once if more was requested, else when it is due.
    fn wakes_at(&self) -> Option<Timestamp> {
        let free = if self.generations().is_open() { Timestamp::MIN } else { self.due_at };
        (self.link.status == LinkStatus::Active).then(|| self.leased_until.unwrap_or(free))
    }

    /// Its head, once it has a body.
    fn head(&self) -> PortResult<Stored> {
        let id = &self.link.id;
        let number = self.body.ok_or_else(|| error::malformed("save the link"))?;
        let every = self.link.every.map(|every| u64::try_from(every.as_nanos()).unwrap_or(u64::MAX));
        let mut stored = shaped(&key(id))
            .number("body", number)
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
            .text_option(TRAIL, self.trail.as_deref());
        if let Some(every) = every {
            stored = stored.number("every", every);
        }
        if let Some(quiet) = &self.quiet {
            stored = stored.document("quiet", quiet)?;
        }
        if let Some(at) = self.wakes_at() {
            stored = stored.text("due_shard", due_shard(id)).text("due_key", due_key(at, id));
        }
        Ok(stored)
    }

    fn body(&self, number: u64) -> PortResult<Stored> {
        let stored = shaped(&body_key(&self.link.id)).number("body", number);
        let stored = stored.document("doc", &self.link)?.document("progress", &self.progress)?;
        match &self.ruling {
            Some(ruling) => stored.document("ruling", ruling),
            None => Ok(stored),
        }
    }

    /// The items of a new link.
    pub(super) fn create_ops(&self) -> PortResult<[Op; 3]> {
        let id = &self.link.id;
        let head = Op::put(key(id), self.head()?).when(Condition::absent());
        let sign = Op::put(former_key(id), sign(id)).when(Condition::absent());
        Ok([head, Op::put(body_key(id), self.body(0)?), sign])
    }

    fn read(head: &Stored, body: &Stored) -> PortResult<Self> {
        Ok(Self {
            link: body.read_document("doc")?,
            progress: body.read_document("progress")?,
            ruling: body.document_option("ruling")?,
            requested: head.count("requested")?,
            synced: head.count("synced")?,
            due_at: head.instant("due_at")?,
            token: head.count("token")?,
            leased_until: head.instant_option("leased_until")?,
            resync: head.is("resync"),
            finished_at: head.instant_option("finished_at")?,
            space: head.read("space")?,
            birth: head.read("birth")?,
            in_group: head.count("in_group")?,
            quiet: head.document_option("quiet")?,
            rev: head.count("rev")?,
            body: head.count_option("body")?,
            trail: head.find(TRAIL).map(str::to_owned),
        })
    }

    /// A link by its items.
    fn of(items: &[Stored]) -> PortResult<Found> {
        let item = |end: &str| {
            items.iter().find(|item| item.find(schema::SORT_KEY).is_some_and(|key| key.ends_with(end)))
        };
        let Some(head) = item(HEAD) else { return Ok(Found::None) };
        let wanted: u64 = head.count("body")?;
        match item(BODY) {
            Some(body) if body.count::<u64>("body")? == wanted => {
                Self::read(head, body).map(|row| Found::Whole(Box::new(row)))
            }
            _ => Ok(Found::Torn),
        }
    }

    /// A link as it is now. Its two items cost what one did, as they are read as one part of a partition.
    pub(super) async fn find(table: &Table, link: &LinkId) -> PortResult<Option<Self>> {
        let mut patience = Patience::new(DOING);
        loop {
            match Self::of(&table.query(DOING, &both(link)).await?)? {
                Found::Whole(row) => return Ok(Some(*row)),
                Found::Torn => patience.wait().await?,
                Found::None => match table.get(DOING, &former_key(link)).await? {
                    None => return Ok(None),
                    // It moved, or was made, since the query: there is a sign as long as there is a link.
                    Some(item) if is_sign(&item)? => patience.wait().await?,
                    Some(whole) => return Self::read(&whole, &whole).map(Some),
                },
            }
        }
    }

    /// The same as it was a moment ago at most, at half the price.
    pub(super) async fn glimpse(table: &Table, link: &LinkId) -> PortResult<Option<Self>> {
        match Self::of(&table.query(DOING, &both(link).lately()).await?)? {
            Found::Whole(row) => Ok(Some(*row)),
            // One that was made just now may not show yet.
            Found::None | Found::Torn => Self::find(table, link).await,
        }
    }

    pub(super) async fn load(table: &Table, link: &LinkId) -> PortResult<Self> {
        Self::find(table, link).await?.ok_or_else(|| gone(link))
    }

    /// That nobody changed it since it was read.
    pub(super) fn as_read(&self) -> Condition {
        Condition::new("#rev = :rev").with_number("rev", self.rev)
    }

    /// The writes of this link over the one that was read: of its head, and of its body where that is another.
    pub(super) fn save_ops(&self, read: &Self) -> PortResult<Vec<Op>> {
        let id = &self.link.id;
        let next = Self { rev: read.rev + 1, body: Some(read.body.unwrap_or(0)), ..self.clone() };
        let Some(number) = read.body else {
            let head = Op::put(key(id), next.head()?).when(Condition::absent());
            let sign = Op::put(former_key(id), sign(id)).when(read.as_read());
            return Ok(vec![head, Op::put(body_key(id), next.body(0)?), sign, Op::delete(pointer(id))]);
        };
        if (&self.link, &self.progress, &self.ruling) == (&read.link, &read.progress, &read.ruling) {
            return Ok(vec![Op::put(key(id), next.head()?).when(read.as_read())]);
        }
        let next = Self { body: Some(number + 1), ..next };
        // The condition on the head is one on the body, which is never written without it.
        let body = Op::put(body_key(id), next.body(number + 1)?);
        Ok(vec![Op::put(key(id), next.head()?).when(read.as_read()), body])
    }

    /// The writes that take it away as it was read.
    pub(super) fn delete_ops(&self) -> Vec<Op> {
        let id = &self.link.id;
        match self.body {
            Some(_) => vec![
                Op::delete(key(id)).when(self.as_read()),
                Op::delete(body_key(id)),
                Op::delete(former_key(id)),
            ],
            None => vec![Op::delete(former_key(id)).when(self.as_read()), Op::delete(pointer(id))],
        }
    }

    /// Saves this link over the one that was read.
    pub(super) async fn save(&self, table: &Table, doing: &'static str, read: &Self) -> Result<(), Fail> {
        let ops = self.save_ops(read)?;
        if ops.len() > 1 {
            return table.transact(doing, &ops).await;
        }
        // A transaction costs twice.
        let next = Self { rev: read.rev + 1, body: read.body, ..self.clone() };
        match table.put(doing, next.head()?, Some(read.as_read())).await? {
            true => Ok(()),
            false => Err(Fail::Stale),
        }
    }
}

/// An item of a shape that releases before this one refuse by its number, as they would look for links elsewhere.
fn shaped(key: &Key) -> Stored {
    Stored::new(key).number("schema", schema::LINKS_TOGETHER)
}

/// What stands where earlier releases look for a link.
fn sign(link: &LinkId) -> Stored {
    shaped(&former_key(link))
}

fn is_sign(item: &Stored) -> PortResult<bool> {
    Ok(item.count::<u32>("schema")? == schema::LINKS_TOGETHER)
}

/// Both items of a link.
fn both(link: &LinkId) -> Span {
    span(LINKS).beginning(&format!("{link}#"))
}

/// What the items of a link come to.
enum Found {
    None,
    /// They were read while both were written.
    Torn,
    Whole(Box<LinkRow>),
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
    // Two items a link, or the pointer of an earlier release: so many begin at least as many links, and have them whole.
    let items = span(LINKS).limit(limit.saturating_mul(2));
    let items = match after {
        // Behind both of its items: no id has this sign.
        Some(after) => items.after(format!("{after}#\u{10ffff}")),
        None => items,
    };
    let mut links: Vec<(LinkId, Vec<Stored>)> = Vec::new();
    for item in table.query("read the links", &items).await? {
        let Key { sk, .. } = item.key()?;
        let id = sk.split_once('#').map_or(sk.as_str(), |(id, _)| id);
        match links.last_mut().filter(|(last, _)| last.as_str() == id) {
            Some((_, items)) => items.push(item),
            None => links.push((LinkId::parse(id).map_err(|_| error::malformed(DOING))?, vec![item])),
        }
    }
    links.truncate(limit);
    states(table, links).await
}

pub(crate) async fn of_list(table: &Table, list: &ListId) -> PortResult<Vec<LinkState>> {
    let found = table.query("read the list's links", &span(head::partition(list)).beginning("LINK#")).await?;
    if found.is_empty() {
        head::Head::load(table, list).await?;
    }
    named(table, found).await
}

pub(super) async fn of_group(
    table: &Table,
    tenant: &TenantId,
    group: &GroupId,
) -> PortResult<Vec<LinkState>> {
    let pointers = span(group_partition(tenant, group)).beginning("LINK#");
    named(table, table.query("read the group's links", &pointers).await?).await
}

/// The states of the links that pointers name, in their order.
async fn named(table: &Table, pointers: Vec<Stored>) -> PortResult<Vec<LinkState>> {
    let ids: Vec<LinkId> = documents(pointers, |stored| stored.read("link"))?;
    let both = |id: &LinkId| [key(id), body_key(id)];
    let mut items = table.get_many("read the links", ids.iter().flat_map(both).collect()).await?;
    let found = |id: LinkId| {
        let items = both(&id).iter().filter_map(|key| items.remove(key)).collect();
        (id, items)
    };
    let links = ids.into_iter().map(found).collect();
    states(table, links).await
}

/// The states of these links, of which these items were read, one by one.
async fn states(table: &Table, links: Vec<(LinkId, Vec<Stored>)>) -> PortResult<Vec<LinkState>> {
    let (mut found, mut elsewhere) = (Vec::with_capacity(links.len()), Vec::new());
    for (id, items) in &links {
        let of = LinkRow::of(items)?;
        if matches!(of, Found::None) {
            elsewhere.push(former_key(id));
        }
        found.push(of);
    }
    let mut former = table.get_many("read the links", elsewhere).await?;
    let mut states = Vec::with_capacity(links.len());
    for ((id, _), found) in links.into_iter().zip(found) {
        let row = match (found, former.remove(&former_key(&id))) {
            (Found::Whole(row), _) => Some(*row),
            (Found::None, Some(whole)) if !is_sign(&whole)? => Some(LinkRow::read(&whole, &whole)?),
            // It was written meanwhile, or is gone.
            (Found::None | Found::Torn, _) => LinkRow::find(table, &id).await?,
        };
        states.extend(row.map(LinkRow::state));
    }
    Ok(states)
}

#[cfg(test)]
mod tests {
    use listsync_core::id::{ListId, RunId};
    use listsync_testkit::sample::{link, moment};

    use super::*;

    fn row() -> LinkRow {
        let list = ListId::parse("staff").expect("a name is an id");
        LinkRow::new(&link("one", &list, "group"), moment(0))
    }

    fn read(items: &[Stored]) -> LinkRow {
        match LinkRow::of(items).expect("it reads") {
            Found::Whole(row) => *row,
            Found::None | Found::Torn => panic!("both items are there"),
        }
    }

    #[test]
    fn who_writes_a_link_over_hands_on_whose_its_last_writes_were() {
        let row = row();
        let head = row.head().expect("a head").text(TRAIL, "b a");
        let after = LinkRow { synced: 1, ..read(&[head, row.body(0).expect("a body")]) };
        assert_eq!(after.head().expect("a head").find(TRAIL), Some("b a"));
    }

    #[test]
    fn a_link_of_an_earlier_release_moves_when_it_is_saved() {
        let old = LinkRow { body: None, ..row() };
        let keys: Vec<Key> = old.save_ops(&old).expect("a move").into_iter().map(|op| op.key).collect();
        let id = &old.link.id;
        assert_eq!(keys, [key(id), body_key(id), former_key(id), pointer(id)]);
    }

    #[test]
    fn only_what_changed_is_written_and_half_a_write_is_not_read() {
        let before = row();
        let leased = LinkRow { token: before.token + 1, ..before.clone() };
        assert_eq!(leased.save_ops(&before).expect("the head").len(), 1);
        let paused = Link { status: LinkStatus::Paused, ..before.link.clone() };
        let paused = LinkRow { link: paused, body: Some(1), ..before.clone() };
        assert_eq!(paused.save_ops(&before).expect("both").len(), 2);
        let torn = [paused.head().expect("a head"), before.body(0).expect("a body")];
        assert!(matches!(LinkRow::of(&torn), Ok(Found::Torn)));
        assert!(matches!(LinkRow::of(&torn[1..]), Ok(Found::None)));
    }

    /// A unit of writing is a kilobyte.
    #[test]
    fn a_head_is_less_than_a_kilobyte() {
        let moment = Timestamp::from_nanosecond(1_796_176_123_456_789_123).expect("a moment");
        let uuid = || uuid::Uuid::now_v7().to_string();
        let of_list = ListId::parse(&uuid()).expect("an id");
        let of =
            Link { every: Some(std::time::Duration::from_secs(900)), ..link(&uuid(), &of_list, "group") };
        let quiet = Quiet {
            run: RunId::parse(&uuid()).expect("an id"),
            started_at: moment,
            finished_at: moment,
            requests: 1,
            counted_at: Some(moment),
            in_a_row: 9_999,
        };
        let row = LinkRow {
            requested: 999_999,
            synced: 999_999,
            rev: 9_999_999,
            in_group: 100_000,
            finished_at: Some(moment),
            quiet: Some(quiet),
            trail: Some(["0123456789abcdef"; 8].join(" ")),
            ..LinkRow::new(&of, moment)
        };
        let head = row.head().expect("a head").text("change", "0123456789abcdef");
        assert!(Stored::bytes(&head.0) < 1_024, "{} bytes", Stored::bytes(&head.0));
    }
}
