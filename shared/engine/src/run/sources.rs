//! Several groups that feed one list, read as one: the union of their members.
//!
//! Each source has a cursor of its own, which tells whether anything changed there. What a change means for the list
//! depends on all of them, so as soon as one changed all are read in full, and a run decides the same however it began.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use futures::{StreamExt as _, stream::FuturesOrdered};
use listsync_core::{
    case::Reach,
    flight::Window,
    id::{GroupId, ObjectId},
    link::{Link, Side},
    member::Op,
    records::Principals,
    schedule::FullRead,
    snapshot::{Completeness, Nesting, Others},
    sources::Holders,
    summary::{Failure, Summary},
};
use serde::{Deserialize, Serialize};

use super::{
    finish::RETRY_UNAVAILABLE,
    look::Look,
    observe::{GroupRead, GroupSide, read_group},
};
use crate::ports::{Changes, CountCheck, Cursor, Fault, GroupQuery, PortError, PortResult};

/// Why some sources could not be read completely.
pub(crate) type Unread = BTreeMap<GroupId, PortError>;

/// Up to where one source was read, and how many people it had when it was read in full.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct SourceCursor {
    cursor: Cursor,
    size: u64,
}

/// That of each source that was read completely. It is the link's group cursor, which is opaque to everybody else;
/// a source that is not in it is owed a full read.
#[derive(Debug, Default, Serialize, Deserialize)]
struct SourceCursors(BTreeMap<GroupId, SourceCursor>);

impl SourceCursors {
    fn of(cursor: &Cursor) -> Option<Self> {
        serde_json::from_str(&cursor.0).ok()
    }

    fn cursor(&self) -> PortResult<Cursor> {
        let text = serde_json::to_string(self).map_err(|_| {
            PortError::new(
                Fault::Rejected,
                "cursor_unwritable",
                "the cursors of the sources cannot be written",
            )
        })?;
        Ok(Cursor(text))
    }
}

/// On what an absence rests.
pub(super) fn reach(link: &Link, unread: &Unread) -> Reach {
    match (link.more.is_empty(), unread.is_empty()) {
        (true, _) => Reach::One,
        (false, true) => Reach::All,
        (false, false) => Reach::NotAll,
    }
}

/// Asks each source whether anything changed there; none: something did, or only a full read can tell. The changes have
/// a count where each count was asked for and agreed.
pub(super) async fn changes(
    look: Look<'_>,
    since: &Cursor,
    count: CountCheck,
) -> PortResult<Option<(Changes, Unread)>> {
    let Some(mut cursors) = SourceCursors::of(since) else { return Ok(None) };
    let (mut unread, mut counted) = (Unread::new(), Some(0));
    for group in look.link().groups() {
        let Some(source) = cursors.0.get_mut(group) else {
            match look.places().group(look.call(), &GroupQuery::Id(group.clone())).await {
                Ok(_) => return Ok(None),
                Err(error) => unread.insert(group.clone(), error),
            };
            continue;
        };
        match look.places().changes(look.call(), group, &source.cursor, count).await {
            Ok(delta) if is_news(&delta, source) => return Ok(None),
            Ok(delta) => {
                counted = counted.zip(delta.count).map(|(sum, count)| sum + count);
                source.cursor = delta.cursor;
            }
            // The cursor expired, or the group is gone: the full read tells which.
            Err(error) if error.fault == Fault::Gone => return Ok(None),
            Err(error) => {
                unread.insert(group.clone(), error);
            }
        }
    }
    if unread.len() == look.link().groups().count() {
        return Err(first(unread));
    }
    let count = counted.filter(|_| unread.is_empty());
    let (added, removed, nested) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    Ok(Some((Changes { added, removed, nested, cursor: cursors.cursor()?, count }, unread)))
}

fn is_news(delta: &Changes, source: &SourceCursor) -> bool {
    let Changes { added, removed, nested, cursor: _, count } = delta;
    let is_quiet = added.is_empty() && removed.is_empty() && nested.is_empty();
    !is_quiet || count.is_some_and(|count| count != source.size)
}

/// Why the run fails, where no source at all can be read.
fn first(unread: Unread) -> PortError {
    let nothing = || PortError::new(Fault::Rejected, "no_source", "the link has no group");
    unread.into_values().next().unwrap_or_else(nothing)
}

/// Reads every source in full, several at a time. One that cannot be read does not stop the others, but then nobody is taken for absent.
pub(super) async fn read(look: Look<'_>) -> PortResult<GroupSide> {
    let progress = look.progress();
    let known =
        progress.group_cursor.as_ref().filter(|_| progress.full_read_at.is_some_and(|at| at <= look.now()));
    let known = known.and_then(SourceCursors::of).unwrap_or_default();
    let mut union = Union::default();
    let (mut window, mut groups) = (Window::default(), look.link().groups());
    let mut under_way = FuturesOrdered::new();
    loop {
        while under_way.len() < window.size() {
            let Some(group) = groups.next() else { break };
            let cursor = known.0.get(group).map(|source| &source.cursor);
            under_way.push_back(async move { (group, read_group(look, group, cursor).await) });
        }
        let Some((group, read)) = under_way.next().await else { break };
        window = window.after(look.meter.take_strain());
        match read {
            Ok(read) => union.take(group, read),
            Err(error) => union.miss(group, error),
        }
    }
    if union.cursors.0.is_empty() && union.principals.is_empty() {
        return Err(first(union.unread));
    }
    union.side()
}

/// What was read of the sources so far.
struct Union {
    cursors: SourceCursors,
    read: FullRead,
    principals: Principals,
    nesting: Nesting,
    others: Others,
    holders: Holders,
    unread: Unread,
}

impl Default for Union {
    fn default() -> Self {
        Self {
            cursors: SourceCursors::default(),
            read: FullRead::Check,
            principals: Principals::default(),
            nesting: Nesting::Flat,
            others: Others::new(),
            holders: Holders::default(),
            unread: Unread::new(),
        }
    }
}

impl Union {
    fn take(&mut self, group: &GroupId, read: GroupRead) {
        let GroupRead { name: _, cursor, fresh, snapshot, nesting, others } = read;
        for id in snapshot.members().keys() {
            self.holders.saw(group, id);
        }
        if fresh == FullRead::FreshCursor {
            self.read = FullRead::FreshCursor;
        }
        if nesting == Nesting::Flattened {
            self.nesting = Nesting::Flattened;
        }
        for (kind, count) in others {
            *self.others.entry(kind).or_default() += count;
        }
        match snapshot.completeness() {
            Completeness::Complete => {
                let size = snapshot.members().len() as u64;
                self.cursors.0.insert(group.clone(), SourceCursor { cursor, size });
            }
            Completeness::CountMismatch => self.miss(group, miscounted()),
        }
        self.principals.extend(snapshot.into_members());
    }

    fn miss(&mut self, group: &GroupId, error: PortError) {
        self.cursors.0.remove(group);
        self.holders.missed(group);
        self.unread.insert(group.clone(), error);
    }

    fn side(self) -> PortResult<GroupSide> {
        let Self { cursors, read, principals, nesting, others, holders, unread } = self;
        let completeness =
            if unread.is_empty() { Completeness::Complete } else { Completeness::CountMismatch };
        let (cursor, holders) = (cursors.cursor()?, Some(holders));
        Ok(GroupSide { read, cursor, name: None, completeness, principals, nesting, others, holders, unread })
    }
}

fn miscounted() -> PortError {
    PortError::new(
        Fault::Unavailable,
        "count_mismatch",
        "the group's count and its members disagreed on every read",
    )
}

/// When a source that may answer again is asked again; none: not before the link's next regular run.
pub(super) fn retry_after(unread: &Unread) -> Option<Duration> {
    let waits = unread.values().filter_map(|error| match error.fault {
        Fault::Throttled(wait) => Some(wait),
        Fault::Unavailable | Fault::Busy => Some(RETRY_UNAVAILABLE),
        Fault::Gone | Fault::Denied | Fault::Rejected | Fault::LeaseLost => None,
    });
    waits.max()
}

/// Names each source that could not be read, for the operator.
pub(super) fn tell(summary: &mut Summary, unread: &Unread) {
    if !unread.is_empty() && retry_after(unread).is_none() {
        summary.hint =
            "put that right; or, if the group is not coming back, unlink and link again without it".into();
    }
    for (group, error) in unread {
        summary.failures.push(Failure {
            side: Side::Group,
            op: Op::Add,
            address: None,
            object_id: ObjectId::parse(group.as_str()).ok(),
            code: error.code.clone(),
            message: format!("the source group {group} was not read: {}", error.message),
            hint: error.hint.clone(),
            retryable: retry_after(&[(group.clone(), error.clone())].into()).is_some(),
        });
    }
}
