//! How far a round of change tracking has come, and how a cursor holds that.

use crate::odata::cursor::Cursor;
use crate::state::ObjectId;

/// How far a round has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spot {
    /// Before the first object, after some empty pages.
    Start { empty_pages: u32 },
    /// Inside an object, after this member.
    Inside { object: ObjectId, member: ObjectId },
    /// After this object.
    After { object: ObjectId },
}

impl Spot {
    pub(crate) fn packed(self) -> (u128, u128) {
        match self {
            Self::Start { empty_pages } => (0, u128::from(empty_pages)),
            Self::Inside { object, member } => (object.as_u128(), member.as_u128()),
            Self::After { object } => (object.as_u128(), u128::MAX),
        }
    }

    pub(crate) fn of(cursor: &Cursor) -> Self {
        let object = ObjectId::from_u128(cursor.after);
        match (cursor.after, cursor.inner) {
            (0, empty_pages) => Self::Start { empty_pages: u32::try_from(empty_pages).unwrap_or(u32::MAX) },
            (_, u128::MAX) => Self::After { object },
            (_, member) => Self::Inside { object, member: ObjectId::from_u128(member) },
        }
    }

    /// Whether an object is still to be shown.
    pub(crate) fn open(self, id: ObjectId) -> bool {
        match self {
            Self::Start { .. } => true,
            Self::Inside { object, .. } => id >= object,
            Self::After { object } => id > object,
        }
    }

    pub(crate) fn last_member(self, id: ObjectId) -> Option<ObjectId> {
        match self {
            Self::Inside { object, member } if object == id => Some(member),
            _ => None,
        }
    }
}
