use listsync_core::{id::ListId, list::List};
use listsync_engine::ports::PortResult;

use super::head::{self, Head};
use crate::{
    error, garbage,
    table::{Condition, Fail, Guard, Key, Op, Stored, Table, documents, span},
};

const NAMES: &str = "LISTS";
/// A sort key has at most 1,024 bytes.
const MOST_NAME_BYTES: usize = 1_000;

pub(super) async fn all(table: &Table) -> PortResult<Vec<List>> {
    documents(table.query("read the lists", &span(NAMES)).await?, read)
}

pub(super) async fn find(table: &Table, name: &str) -> PortResult<Option<List>> {
    let key = name_key(name);
    if !key.sk.is_empty()
        && key.sk.len() <= MOST_NAME_BYTES
        && let Some(stored) = table.get("look the list up", &key).await?
    {
        return read(&stored).map(Some);
    }
    let Ok(id) = ListId::parse(name) else { return Ok(None) };
    Ok(Head::find(table, &id).await?.map(|head| head.list))
}

pub(super) async fn create(table: &Table, name: &str) -> Result<List, Fail> {
    const DOING: &str = "create the list";
    let name = name.trim();
    if name.is_empty() || name.chars().any(char::is_control) || name_key(name).sk.len() > MOST_NAME_BYTES {
        let message =
            "a list's name must not be empty, hold control characters or be longer than 1,000 bytes";
        return Err(error::rejected("bad_list_name", message, "give another name").into());
    }
    if let Some(other) = find(table, name).await? {
        return Err(taken(&other).into());
    }
    let id = uuid::Uuid::now_v7().to_string();
    let id = ListId::parse(&id).map_err(|_| error::malformed(DOING))?;
    let list = List::new(id, name.to_owned());
    let key = name_key(name);
    let named = Stored::new(&key).text("id", list.id.as_str()).text("name", name);
    let head = Head::blank(list.clone());
    let ops = [
        Op::put(key, named).when(Condition::absent()),
        Op::put(head::key(&list.id), head.stored()).when(Condition::absent()),
    ];
    table.transact(DOING, &ops).await?;
    Ok(list)
}

fn taken(other: &List) -> listsync_engine::ports::PortError {
    error::rejected(
        "list_exists",
        format!("there is a list '{}' already ({})", other.name, other.id),
        "give another name, or use that list",
    )
}

pub(super) async fn delete(table: &Table, list: &ListId) -> Result<(), Fail> {
    let head = Head::load(table, list).await?;
    let linked = || {
        error::rejected(
            "list_linked",
            format!("list {list} is linked to a group"),
            "unlink it first: listsync links unlink LIST",
        )
    };
    if head.links > 0 {
        return Err(linked().into());
    }
    let free = Condition::new("#links = :none").with_number("none", 0);
    let ops = [
        Op::delete(head::key(list)).when(free).or(Guard::Taken(0)),
        Op::delete(name_key(&head.list.name)),
        garbage::list(list),
    ];
    match table.transact("delete the list", &ops).await {
        Err(Fail::Taken(_)) => Err(linked().into()),
        other => other,
    }
}

/// A name without regard to case.
fn name_key(name: &str) -> Key {
    Key::new(NAMES, name.trim().to_lowercase())
}

fn read(stored: &Stored) -> PortResult<List> {
    Ok(List::new(stored.read("id")?, stored.read("name")?))
}
