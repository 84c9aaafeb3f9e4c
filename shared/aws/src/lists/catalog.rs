use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use listsync_core::{
    Timestamp,
    contact::Version,
    expected::{Expect, Expected},
    id::ListId,
    link::Side,
    list::{List, ListKind},
    own::Own,
    register::{Refusal, Terms},
};
use listsync_engine::ports::{Heir, ListEdit, ListSize, PortError, PortResult};

use super::{
    head::{self, Head},
    tx,
};
use crate::{
    contacts, error, garbage,
    links::of_list,
    table::{Condition, Fail, Guard, Key, Op, Stored, Table, documents, instant, span},
};

const NAMES: &str = "LISTS";
const EXPECTED: &str = "EXPECTED";
const FORMERS: &str = "FORMERLISTS";
const FORMER: &str = "lists";
const LAST: &str = "last";
const HEIR: &str = "heir";
/// In seconds.
const EVERY: &str = "every";
const HEARD: &str = "heard";

pub(super) async fn all(table: &Table) -> PortResult<Vec<List>> {
    const DOING: &str = "read the lists";
    let ids = table.read(DOING, &span(NAMES), |named| named.read::<ListId>("id")).await?;
    let mut heads = table.get_many(DOING, ids.iter().map(head::key).collect()).await?;
    let found = ids.iter().filter_map(|id| heads.remove(&head::key(id)));
    documents(found.collect(), |stored| Ok(Head::read(stored)?.list))
}

/// The name of every list, out of where it is claimed: a page of these is some thousand lists. Of a claim that an earlier
/// release wrote, which has the name in lower case only, the list itself is read.
pub(super) async fn names(table: &Table) -> PortResult<BTreeMap<ListId, String>> {
    const DOING: &str = "read the names of the lists";
    let read = |claim: &Stored| Ok((claim.read::<ListId>("id")?, claim.find("name").map(str::to_owned)));
    let claims = table.read(DOING, &span(NAMES), read).await?;
    let (known, unknown): (Vec<_>, Vec<_>) = claims.into_iter().partition(|(_, name)| name.is_some());
    let mut names: BTreeMap<ListId, String> =
        known.into_iter().filter_map(|(id, name)| Some((id, name?))).collect();
    let keys = unknown.iter().map(|(id, _)| head::key(id)).collect();
    for stored in table.get_many(DOING, keys).await?.into_values() {
        let list = Head::read(&stored)?.list;
        names.insert(list.id, list.name);
    }
    Ok(names)
}

/// How large each of these lists is that is there, where everybody stands as its rule has it.
pub(super) async fn sizes(
    table: &Table,
    lists: &[ListId],
    now: Timestamp,
) -> PortResult<BTreeMap<ListId, ListSize>> {
    let mut sizes = BTreeMap::new();
    for stored in
        table.get_many("count the lists", lists.iter().map(head::key).collect()).await?.into_values()
    {
        let mut head = Head::read(&stored)?;
        if !head.is_ruled() {
            head = contacts::ruled(table, &head.list.id, now).await?;
        }
        let keeper = Terms::from(&head.list).keeper;
        sizes.insert(head.list.id, ListSize { keeper, members: head.members });
    }
    Ok(sizes)
}

/// The claim of a name, with the name as it is written.
fn claim(list: &List) -> Stored {
    Stored::new(&name_key(&list.name)).text("id", list.id.as_str()).text("name", &list.name)
}

pub(super) async fn find(table: &Table, name: &str) -> PortResult<Option<List>> {
    let key = name_key(name);
    if List::good_name(name).is_ok()
        && let Some(named) = table.get("look the list up", &key).await?
    {
        let head = Head::find(table, &named.read("id")?).await?;
        return Ok(head.map(|head| head.list));
    }
    let Ok(id) = ListId::parse(name) else { return Ok(None) };
    Ok(Head::find(table, &id).await?.map(|head| head.list))
}

/// Deleted lists whose name this is, and no list's now.
#[derive(Debug, Default)]
pub(crate) struct Former {
    pub(crate) lists: BTreeSet<ListId>,
    /// The one that was deleted last, which had taken the others over.
    last: Option<ListId>,
}

impl Former {
    pub(crate) async fn named(table: &Table, name: &str) -> PortResult<Self> {
        if List::good_name(name).is_err() {
            return Ok(Self::default());
        }
        let Some(known) = table.get("look the name up", &former_key(name)).await? else {
            return Ok(Self::default());
        };
        let lists = known.set(FORMER).iter().filter_map(|id| ListId::parse(id).ok()).collect();
        Ok(Self { lists, last: known.read_option(LAST)? })
    }

    /// The write after which links in old messages lead to this list.
    fn taken_over_by(&self, list: &ListId) -> Option<Op> {
        let key = heir_key(self.last.as_ref()?);
        Some(Op::put(key.clone(), Stored::new(&key).text(HEIR, list.as_str())))
    }
}

/// Where a list leads that may be deleted, over all that took one another over.
enum Trail {
    /// To this one, of which no deletion is known.
    To(ListId),
    /// To this deleted one, which no list has taken over yet.
    Waits(ListId),
}

async fn trail(table: &Table, list: &ListId) -> PortResult<Trail> {
    let mut at = list.clone();
    while let Some(former) = table.get("look for a former list", &heir_key(&at)).await? {
        match former.read_option(HEIR)? {
            Some(heir) => at = heir,
            None => return Ok(Trail::Waits(at)),
        }
    }
    Ok(Trail::To(at))
}

/// Who took a deleted list over.
pub(crate) async fn heir(table: &Table, list: &ListId) -> PortResult<Option<Heir>> {
    Ok(match trail(table, list).await? {
        Trail::To(heir) => (heir != *list).then_some(Heir::List(heir)),
        Trail::Waits(_) => Some(Heir::Nobody),
    })
}

/// The look that a deleted list still waits for one of its name.
pub(crate) async fn waits(table: &Table, list: &ListId) -> PortResult<Op> {
    match trail(table, list).await? {
        Trail::To(_) => Err(head::gone(list)),
        Trail::Waits(last) => {
            let untaken = Condition::new(format!("attribute_exists(#pk) AND attribute_not_exists(#{HEIR})"));
            Ok(Op::check(heir_key(&last), untaken))
        }
    }
}

/// What is kept of a deleted list: the one that took it over.
fn heir_key(list: &ListId) -> Key {
    Key::head(format!("FORMERLIST#{list}"))
}

/// What is kept of a name whose list is deleted: what people said no to stays under its id.
fn former_key(name: &str) -> Key {
    Key::new(FORMERS, name_key(name).sk)
}

pub(super) async fn create(table: &Table, name: &str) -> Result<List, Fail> {
    const DOING: &str = "create the list";
    let name = List::good_name(name).map_err(refused)?;
    if let Some(other) = find(table, name).await? {
        return Err(refused(other.has_the_name()));
    }
    let id = uuid::Uuid::now_v7().to_string();
    let id = ListId::parse(&id).map_err(|_| error::malformed(DOING))?;
    let former = Former::named(table, name).await?;
    let heir = former.taken_over_by(&id);
    let list = List { formerly: former.lists, ..List::new(id, name.to_owned()) };
    let key = name_key(name);
    let named = claim(&list);
    let head = Head::blank(list.clone());
    let mut ops = vec![
        Op::put(key, named).when(Condition::absent()),
        Op::put(head::key(&list.id), head.stored()?).when(Condition::absent()),
        Op::delete(former_key(name)),
    ];
    ops.extend(heir);
    table.transact(DOING, &ops).await?;
    Ok(list)
}

/// Edits a list.
pub(crate) async fn edit(
    table: &Table,
    id: &ListId,
    expected: Option<Version>,
    (edit, now): (&ListEdit, Timestamp),
) -> Result<List, Fail> {
    let head = Head::load(table, id).await?;
    let before = &head.list;
    if expected.is_some_and(|expected| expected != before.version) {
        return Err(refused(Refusal::ListEdited { list: id.clone(), now: before.version }));
    }
    let name = edit.name.as_deref().map(List::good_name).transpose().map_err(refused)?;
    let former = match name.filter(|name| name_key(name) != name_key(&before.name)) {
        Some(name) => Former::named(table, name).await?,
        None => Former::default(),
    };
    let mut after = List {
        name: name.unwrap_or(&before.name).to_owned(),
        kind: edit.kind.clone().unwrap_or_else(|| before.kind.clone()),
        opt_out: edit.opt_out.unwrap_or(before.opt_out),
        max_additions: edit.max_additions.map_or(before.max_additions, Own::value),
        expect_every: edit.expect_every.map_or(before.expect_every, Expect::every),
        status_words: edit.status_words.clone().unwrap_or_else(|| before.status_words.clone()),
        formerly: &before.formerly | &former.lists,
        ..before.clone()
    };
    if after == *before {
        return Ok(after);
    }
    after.version.0 += 1;
    let is_filtered_now = after.kind != before.kind && matches!(after.kind, ListKind::Filtered { .. });
    if is_filtered_now && is_written(table, id).await? {
        return Err(refused(Refusal::Written(id.clone())));
    }
    let as_read = head.linked_as_read()?;
    let both = format!("{} AND #seq = :seen", as_read.text());
    let as_read = as_read.with_number("seen", head.seq).saying(both);
    let mut ops = vec![
        Op::update(head::key(id), head.becomes(&after)?).when(as_read),
        tx::log_at(id, head.seq + 1, (&[], now))?,
    ];
    ops.extend(renamed(before, &after));
    ops.extend(former.taken_over_by(id));
    ops.extend(expecting(before, &after, now));
    match table.transact("edit the list", &ops).await {
        Ok(()) => Ok(after),
        Err(Fail::Taken) => {
            let other = find(table, &after.name).await?;
            Err(other.map_or(Fail::Stale, |other| refused(other.has_the_name())))
        }
        Err(fail) => Err(fail),
    }
}

/// Whether a link writes to the list.
async fn is_written(table: &Table, list: &ListId) -> PortResult<bool> {
    let links = of_list(table, list).await?;
    Ok(links.iter().any(|state| state.link.mode.writes(Side::List)))
}

/// Has files of a list be waited for, from now on where they were not before, or not any more.
fn expecting(before: &List, after: &List, now: Timestamp) -> Option<Op> {
    let key = expected_key(&after.id);
    match (before.expect_every, after.expect_every) {
        (before, after) if before == after => None,
        (_, None) => Some(Op::delete(key)),
        (None, Some(every)) => {
            let stored = Stored::new(&key).number(EVERY, every.as_secs()).at(HEARD, now);
            Some(Op::put(key, stored))
        }
        (Some(_), Some(every)) => {
            let update = Condition::new(format!("SET #{EVERY} = :every"));
            Some(Op::update(key, update.with_number("every", every.as_secs())))
        }
    }
}

/// The lists whose files should come: a partition of these alone.
pub(super) async fn expected(table: &Table) -> PortResult<Vec<Expected>> {
    let read = |stored: &Stored| {
        let id = stored.key()?.sk;
        Ok(Expected {
            list: ListId::parse(&id).map_err(|_| error::malformed("read which files should come"))?,
            every: Duration::from_secs(stored.count(EVERY)?),
            heard_at: stored.instant(HEARD)?,
        })
    };
    table.read("read which files should come", &span(EXPECTED), read).await
}

/// A file of the list came.
pub(super) async fn heard(table: &Table, list: &ListId, at: Timestamp) -> PortResult<()> {
    let key = expected_key(list);
    let update = Condition::new(format!("SET #{HEARD} = :at")).with_number("at", instant(at));
    table.update("note that a file came", (&key, update, Condition::present())).await.map(drop)
}

fn expected_key(list: &ListId) -> Key {
    Key::new(EXPECTED, list.as_str())
}

/// Takes another name, and frees the former one.
fn renamed(before: &List, after: &List) -> Vec<Op> {
    let (old, new) = (name_key(&before.name), name_key(&after.name));
    if old == new {
        // Only its capitals are others: the claim is the list's own.
        let is_respelt = before.name != after.name;
        return is_respelt.then(|| Op::put(new, claim(after))).into_iter().collect();
    }
    let put = Op::put(new, claim(after)).when(Condition::absent()).or(Guard::Taken);
    vec![put, Op::delete(old), Op::delete(former_key(&after.name))]
}

fn refused(refusal: Refusal) -> Fail {
    Fail::Port(PortError::from(refusal))
}

pub(super) async fn delete(table: &Table, list: &ListId) -> Result<(), Fail> {
    let head = Head::load(table, list).await?;
    let linked = || refused(Refusal::Linked(list.clone()));
    if head.links > 0 {
        return Err(linked());
    }
    let free = Condition::new("#links = :none").with_number("none", 0);
    let former = former_key(&head.list.name);
    let ids = head.list.ids().map(ToString::to_string).collect();
    let ops = [
        Op::delete(head::key(list)).when(free).or(Guard::Taken),
        Op::delete(name_key(&head.list.name)),
        // Nothing stands there: the list took over what did when it took its name.
        Op::put(former.clone(), Stored::new(&former).texts(FORMER, &ids).text(LAST, list.as_str())),
        Op::put(heir_key(list), Stored::new(&heir_key(list))),
        Op::delete(expected_key(list)),
        garbage::list(list),
    ];
    match table.transact("delete the list", &ops).await {
        Err(Fail::Taken) => Err(linked()),
        other => other,
    }
}

/// A name without regard to case.
fn name_key(name: &str) -> Key {
    Key::new(NAMES, name.trim().to_lowercase())
}
