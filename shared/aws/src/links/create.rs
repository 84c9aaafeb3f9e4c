use listsync_core::{
    Timestamp,
    id::{LinkId, ListId},
    link::{Link, Side},
};
use listsync_engine::ports::{PortError, PortResult};

use super::{
    counts,
    row::{LinkRow, gone, group_key, group_pointers, group_writer, key, list_pointer, pointer},
};
use crate::{
    error, garbage,
    lists::head::{self, Head},
    table::{Condition, Fail, Guard, Key, Op, Stored, Table},
};

const NO_LIST: usize = 0;
const LIST_TAKEN: usize = 1;
const GROUP_TAKEN: usize = 2;
const KNOWN_ID: usize = 3;

/// Saves a new link; it is due at once.
pub(super) async fn create(table: &Table, link: &Link, now: Timestamp) -> Result<(), Fail> {
    let one_more = Condition::new("SET #links = #links + :one").with_number("one", 1);
    let list = Op::update(head::key(&link.list), one_more).when(Condition::present());
    let mut ops = vec![list.or(Guard::Taken(NO_LIST))];
    let mut claim = |key: Key, guard: usize| {
        let stored = Stored::new(&key).text("link", link.id.as_str());
        ops.push(Op::put(key, stored).when(Condition::absent()).or(Guard::Taken(guard)));
    };
    if link.mode.writes(Side::List) {
        claim(head::writer_key(&link.list), LIST_TAKEN);
    }
    if let Some(writer) = group_writer(link) {
        claim(writer, GROUP_TAKEN);
    }
    claim(pointer(&link.id), KNOWN_ID);
    claim(list_pointer(&link.list, &link.id), KNOWN_ID);
    for pointer in group_pointers(link) {
        claim(pointer, KNOWN_ID);
    }
    let head = Op::put(key(&link.id), LinkRow::new(link, now).stored()?).when(Condition::absent());
    ops.push(head.or(Guard::Taken(KNOWN_ID)));
    match table.transact("save the link", &ops).await {
        Err(Fail::Taken(what)) => Err(refusal(table, link, what).await?.into()),
        done => done,
    }
}

async fn refusal(table: &Table, new: &Link, what: usize) -> PortResult<PortError> {
    Ok(match what {
        LIST_TAKEN => {
            let other = holder(table, &head::writer_key(&new.list)).await?;
            let from = other.map_or_else(String::new, |other| {
                format!(", from group '{}' ({}) by link {}", other.group_name, other.group, other.id)
            });
            error::rejected(
                "list_taken",
                format!("list {} takes changes already{from}", new.list),
                "unlink it first (listsync links unlink LIST), or link with --mode list-to-group",
            )
        }
        GROUP_TAKEN => group_taken(table, new).await?,
        KNOWN_ID => error::rejected("link_exists", format!("there is a link {} already", new.id), ""),
        _ => head::gone(&new.list),
    })
}

/// That another link writes the group of this one.
pub(super) async fn group_taken(table: &Table, new: &Link) -> PortResult<PortError> {
    let other = holder(table, &group_key(new)).await?;
    let from = match other {
        Some(other) => from_list(table, &other.list, &other.id).await?,
        None => String::new(),
    };
    Ok(error::rejected(
        "group_taken",
        format!("group '{}' ({}) is written already{from}", new.group_name, new.group),
        "a group is written by one link: choose another group, or link with --mode group-to-list",
    ))
}

async fn holder(table: &Table, claim: &Key) -> PortResult<Option<Link>> {
    let Some(stored) = table.get("read the link", claim).await? else { return Ok(None) };
    let id: LinkId = stored.read("link")?;
    Ok(LinkRow::find(table, &id).await?.map(|row| row.link))
}

async fn from_list(table: &Table, list: &ListId, link: &LinkId) -> PortResult<String> {
    let name = Head::find(table, list).await?.map_or_else(|| list.to_string(), |head| head.list.name);
    Ok(format!(", from list '{name}' by link {link}"))
}

/// Removes a link; what it remembers is cleared away afterwards.
pub(super) async fn delete(table: &Table, id: &LinkId) -> Result<(), Fail> {
    let row = LinkRow::find(table, id).await?.ok_or_else(|| gone(id))?;
    let link = &row.link;
    let one_less = Condition::new("SET #links = #links - :one").with_number("one", 1);
    let mut ops = vec![
        Op::delete(key(id)).when(row.as_read()),
        Op::delete(pointer(id)),
        Op::delete(list_pointer(&link.list, id)),
        Op::update(head::key(&link.list), one_less).when(Condition::present()),
        garbage::space(&row.space),
    ];
    ops.extend(group_pointers(link).map(Op::delete));
    if link.mode.writes(Side::List) {
        ops.push(Op::delete(head::writer_key(&link.list)));
    }
    ops.extend(group_writer(link).map(Op::delete));
    // Once no link is left nobody tells of the list's size: what is kept would grow old, and no base. Another link that
    // is made at this moment begins anew with what it finds.
    if Head::find(table, &link.list).await?.is_some_and(|head| head.links <= 1) {
        ops.push(Op::delete(counts::sizes_key(&link.list)));
    }
    table.transact("delete the link", &ops).await
}
