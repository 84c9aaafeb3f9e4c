//! A group that is to be made for a list.

use serde::{Deserialize, Serialize};

use crate::{
    Timestamp,
    id::{GroupId, LinkId, ListId},
    link::Link,
};

/// The kinds of group that we create.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NewGroupKind {
    /// A Microsoft 365 group, with its welcome mail off.
    Microsoft365,
    /// A security group.
    Security,
}

/// Who may join a created Microsoft 365 group without being added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    /// Nobody: who joins by themselves would come onto the list.
    #[default]
    Private,
    /// Everybody of the tenant.
    Public,
}

/// A group to be created, or found again under its unique name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewGroup {
    /// The key that makes a repeat harmless: see [`unique_name`].
    pub unique_name: String,
    /// The display name.
    pub name: String,
    /// The kind.
    pub kind: NewGroupKind,
    /// Who may join it.
    pub visibility: Visibility,
    /// User principal names or ids of its owners: at most twenty, as many as one creation takes.
    pub owners: Vec<String>,
}

/// A group that was made for a link, or was by an earlier try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeGroup {
    /// Its object id.
    pub id: GroupId,
    /// Its display name.
    pub name: String,
    /// When it was made, or found to be there.
    pub at: Timestamp,
}

/// A name that stays the same for the same list and group name, so that a repeat finds the group that was created, and
/// that no other list gets.
#[must_use]
pub fn unique_name(name: &str, list: &ListId) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { ' ' };
    let words: String = name.chars().map(plain).collect();
    let slug: Vec<&str> = words.split_whitespace().collect();
    let slug: String = slug.join("-").chars().take(40).collect();
    let list: String = list.as_str().chars().filter(char::is_ascii_alphanumeric).collect();
    let tail = &list[list.len().saturating_sub(12)..];
    format!("listsync-{slug}-{tail}").replace("--", "-")
}

/// What stands for the group of a link until that is made: no directory has a group of this id, so whatever forgot to ask
/// whether there is one finds none.
///
/// # Panics
/// Never: see there.
#[must_use]
pub fn stand_in(link: &LinkId) -> GroupId {
    let text: String = format!("pending-{link}").chars().take(128).collect();
    GroupId::parse(&text)
        .expect("an id with a word before it is one, as long as it is not longer than one may be")
}

impl Link {
    /// Whether its group is still to be made.
    #[must_use]
    pub fn is_pending(&self) -> bool {
        self.to_make.is_some()
    }

    /// The same link once its group is made.
    #[must_use]
    pub fn with_group(self, MadeGroup { id, name, at }: MadeGroup) -> Self {
        Self { group: id, group_name: name, group_made_at: Some(at), to_make: None, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeat_finds_the_same_group_and_another_list_does_not() {
        let list = |text| ListId::parse(text).expect("an id");
        let one = list("0197c1de-0000-7000-8000-0123456789ab");
        assert_eq!(unique_name("Scott's Newsletter ☆", &one), "listsync-scott-s-newsletter-0123456789ab");
        assert_eq!(unique_name("日本", &one), "listsync-0123456789ab");
        let other = list("0197c1de-0000-7000-8000-0123456789ac");
        assert_ne!(unique_name("News", &one), unique_name("News", &other));
    }

    #[test]
    fn no_group_can_be_taken_for_one_that_is_to_be_made() {
        let link = LinkId::parse("0197c1de-0000-7000-8000-0123456789ab").expect("an id");
        assert!(crate::guid::Guid::parse(stand_in(&link).as_str()).is_err());
        let longest = LinkId::parse(&"x".repeat(128)).expect("an id");
        assert_eq!(stand_in(&longest).as_str().len(), 128);
    }
}
