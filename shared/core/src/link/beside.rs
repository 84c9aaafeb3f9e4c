//! Whether a link may stand beside those that are there: one table, for every store and for whoever asks beforehand.

use super::{Link, Mode, Side};
use crate::list::ListKind;

/// Why a link may not be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clash<'a> {
    /// A filter alone decides who is on the list, and the link would write it.
    ListFiltered,
    /// Both write the list, and one of them has it follow its groups alone.
    ListTaken(&'a Link),
    /// Both write the same place.
    PlaceTaken(&'a Link),
    /// Both are of the same list and lead to the same place.
    PlaceTwice(&'a Link),
}

/// Judges a link by the list that it is of and by every other link of that list, or of one of its places.
///
/// A list may have any number of links that fill a place from it, and any number of two-way ones, each to another place:
/// what changes at one reaches the others through the list. A link that has the list follow its groups is the only one that
/// writes the list: of two, each would undo the other's additions as nobody's, and a two-way one would carry back to its
/// place what the list is not asked for.
///
/// A place is written by one link, whatever list that is of: of two, each would take the other's members for changes that
/// people made. Any number may read it, but no two of one list lead to one place: who leaves it by the one would be brought
/// back by the other.
///
/// # Errors
/// The first reason against it.
pub fn may_stand<'a>(
    new: &Link,
    list: &ListKind,
    others: impl IntoIterator<Item = &'a Link>,
) -> Result<(), Clash<'a>> {
    if new.mode.writes(Side::List) && matches!(list, ListKind::Filtered { .. }) {
        return Err(Clash::ListFiltered);
    }
    let others: Vec<&Link> = others.into_iter().filter(|other| other.id != new.id).collect();
    let clash = |against: &dyn Fn(&Link) -> bool| others.iter().copied().find(|other| against(other));
    if let Some(other) = clash(&|other| other.list == new.list && contends(new.mode, other.mode)) {
        return Err(Clash::ListTaken(other));
    }
    let writes_same = |other: &Link| writes(other.mode) && writes(new.mode) && meets(new, other);
    if let Some(other) = clash(&writes_same) {
        return Err(Clash::PlaceTaken(other));
    }
    match clash(&|other| other.list == new.list && meets(new, other)) {
        Some(other) => Err(Clash::PlaceTwice(other)),
        None => Ok(()),
    }
}

/// Whether two links of one list could not both write it.
fn contends(one: Mode, other: Mode) -> bool {
    match (one, other) {
        (Mode::GroupToList, Mode::GroupToList | Mode::TwoWay) | (Mode::TwoWay, Mode::GroupToList) => true,
        (Mode::TwoWay, Mode::TwoWay) | (Mode::ListToGroup, _) | (_, Mode::ListToGroup) => false,
    }
}

fn writes(mode: Mode) -> bool {
    mode.writes(Side::Group)
}

/// Whether they have a place in common. One that is still to be made is nobody else's.
fn meets(one: &Link, other: &Link) -> bool {
    one.tenant == other.tenant && one.groups().any(|group| other.groups().any(|theirs| theirs == group))
}
