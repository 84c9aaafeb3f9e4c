//! The one thing of the directory that is ever deleted: a group's link to a member, never the member.

use listsync_core::id::{GroupId, ObjectId};

use crate::path;

/// A group's link to one of its members. Its path ends in `/$ref`: without that the same request would delete the user
/// (the page "Remove member" of the Graph reference warns of it), so nothing else in this crate can make a DELETE of a directory object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MemberLink {
    path: String,
}

impl MemberLink {
    pub(crate) fn new(group: &GroupId, member: &ObjectId) -> Self {
        let (group, member) = (path::segment(group.as_str()), path::segment(member.as_str()));
        Self { path: format!("/groups/{group}/members/{member}/$ref") }
    }

    pub(crate) fn path(&self) -> &str {
        &self.path
    }
}
