//! Objects as JSON, as much of them as the caller may see.

use serde_json::{Map, Value, json};

use crate::access::{Caller, Sight};
use crate::state::directory::Directory;
use crate::state::group::{self, Group};
use crate::state::history::Seq;
use crate::state::other::{CONTACT_SELECTABLE, OtherObject};
use crate::state::user::{self, User};
use crate::state::{Kind, ObjectId};

/// Whether a row names its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Typing {
    Named,
    Implied,
}

/// Every name that `$select` may give where rows are of any type.
pub(crate) fn any_selectable() -> Vec<&'static str> {
    let mut names: Vec<&str> =
        user::SELECTABLE.iter().chain(group::SELECTABLE).chain(CONTACT_SELECTABLE).copied().collect();
    names.sort_unstable();
    names.dedup();
    names
}

pub(crate) fn user(user: &User, select: Option<&[String]>, sight: Sight) -> Map<String, Value> {
    let names = select.map_or_else(user::default_properties, <[String]>::to_vec);
    let mut row = Map::new();
    user.name_subtype(&mut row);
    for name in names.iter().filter(|name| user::SELECTABLE.contains(&name.as_str())) {
        let seen = match sight {
            Sight::Full => true,
            Sight::Basic => user::BASIC.contains(&name.as_str()),
            Sight::Outline => name == "id",
        };
        let value = user.property(name);
        row.insert(name.clone(), if seen { value } else { hidden(&value) });
    }
    if sight == Sight::Outline {
        row.insert("id".to_owned(), json!(user.id.to_string()));
    }
    row
}

pub(crate) fn group(group: &Group, select: Option<&[String]>) -> Map<String, Value> {
    let names = select.map_or_else(group::default_properties, <[String]>::to_vec);
    names
        .into_iter()
        .filter(|name| group::SELECTABLE.contains(&name.as_str()))
        .map(|name| {
            let value = group.property(&name);
            (name, value)
        })
        .collect()
}

pub(crate) fn other(other: &OtherObject, select: Option<&[String]>, sight: Sight) -> Map<String, Value> {
    let all: Vec<String> = CONTACT_SELECTABLE.iter().map(|name| (*name).to_owned()).collect();
    let mut row = Map::new();
    for name in select.unwrap_or(&all) {
        if let Some(value) = other.property(name) {
            let seen = sight == Sight::Full || name == "id";
            row.insert(name.clone(), if seen { value } else { hidden(&value) });
        }
    }
    if sight != Sight::Full {
        row.insert("id".to_owned(), json!(other.id.to_string()));
    }
    row
}

/// What stands for a value that the caller may not see; collections cannot be null.
fn hidden(value: &Value) -> Value {
    if value.is_array() { json!([]) } else { Value::Null }
}

/// What a row shows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shown<'a> {
    pub(crate) select: Option<&'a [String]>,
    pub(crate) typing: Typing,
    pub(crate) at: Seq,
}

/// The row of an object of any kind that is live at `shown.at`.
pub(crate) fn object(
    directory: &Directory,
    id: ObjectId,
    caller: &Caller,
    shown: Shown<'_>,
) -> Option<Value> {
    let kind = directory.kind_at(id, shown.at)?;
    let sight = caller.sight(kind);
    let properties = match kind {
        Kind::User => user(directory.user_at(id, shown.at)?, shown.select, sight),
        Kind::Group => group(directory.group_at(id, shown.at)?.0, shown.select),
        _ => other(directory.other_at(id, shown.at)?, shown.select, sight),
    };
    let mut row = Map::new();
    if shown.typing == Typing::Named {
        row.insert("@odata.type".to_owned(), json!(kind.type_name()));
    }
    row.extend(properties);
    Some(Value::Object(row))
}
