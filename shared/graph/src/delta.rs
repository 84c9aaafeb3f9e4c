//! What changed in a group since a cursor (the page "Use delta query to track changes in Microsoft Graph data").

use std::collections::BTreeSet;

use listsync_core::id::{GroupId, ObjectId};
use listsync_engine::ports::{Call, Changes, CountCheck, Cursor, Fault, PortError, PortResult};
use serde_json::Value;

use crate::{
    answer::Answer,
    ask::{self, Ask},
    deed::{Deed, READ_GROUPS, is_cursor_code},
    members::users_path,
    pages::{next_link, take_rows},
    path,
    principal::id,
    send::Sender,
};

/// More pages than any round has; a link that leads on for ever has been seen.
pub(crate) const PAGES: usize = 1_000;

/// Changes, merged while they are read.
#[derive(Debug, Default, PartialEq, Eq)]
struct Merged {
    added: BTreeSet<ObjectId>,
    removed: BTreeSet<ObjectId>,
    nested: BTreeSet<ObjectId>,
}

impl Sender {
    pub(crate) async fn mint_cursor(&self, call: Call<'_>, group: &GroupId) -> PortResult<Cursor> {
        let deed = Deed::on_group("get a cursor for", group, READ_GROUPS);
        let filter = format!("id eq {}", path::quoted(group.as_str()));
        let path = ask::filtered("/groups/delta", "members", &filter);
        let first = self.obtain(call, &Ask::get(format!("{path}&$deltatoken=latest")), &deed).await?;
        let (_, cursor) = self.round(call, group, first, &deed).await?;
        Ok(cursor)
    }

    pub(crate) async fn changes(
        &self,
        call: Call<'_>,
        group: &GroupId,
        since: &Cursor,
        count: CountCheck,
    ) -> PortResult<Changes> {
        let deed = Deed::on_group("read what changed in", group, READ_GROUPS);
        let first = Ask::get(self.below(&since.0, &deed).map_err(|error| stale(error, &deed))?);
        let (page, count) = match count {
            CountCheck::NotDue => (self.delta_page(call, &first, &deed).await?, None),
            CountCheck::Due => {
                let count = Ask::get(format!("{}/$count", users_path(group))).eventual();
                let answers = self.read_parts(call, &[first, count], &deed).await;
                let mut answers = answers.map_err(|error| stale(error, &deed))?.into_iter();
                let page = answers.next().ok_or_else(|| deed.unreadable("the changes"))?;
                let number = answers.next().and_then(|answer| answer.number());
                (page, Some(number.ok_or_else(|| deed.unreadable("the count"))?))
            }
        };
        let (Merged { added, removed, nested }, cursor) = self.round(call, group, page, &deed).await?;
        Ok(Changes { added, removed, nested, cursor, count })
    }

    pub(crate) async fn delta_page(&self, call: Call<'_>, ask: &Ask, deed: &Deed) -> PortResult<Answer> {
        self.obtain(call, ask, deed).await.map_err(|error| stale(error, deed))
    }

    /// Reads from a page on to the one that ends the round and gives the next cursor.
    async fn round(
        &self,
        call: Call<'_>,
        group: &GroupId,
        mut page: Answer,
        deed: &Deed,
    ) -> PortResult<(Merged, Cursor)> {
        let mut merged = Merged::default();
        for _ in 0..PAGES {
            for row in take_rows(&mut page, deed)? {
                merged.take_in(group, &row, deed)?;
            }
            let path = match next_link(&page) {
                Some(link) => self.below(link, deed)?,
                None => return Ok((merged, self.delta_link(&page, deed)?)),
            };
            page = self.delta_page(call, &Ask::get(path), deed).await?;
        }
        Err(deed.failed(Fault::Unavailable, "endless_listing", "the pages do not end"))
    }

    pub(crate) fn delta_link(&self, page: &Answer, deed: &Deed) -> PortResult<Cursor> {
        let link = page.body.get("@odata.deltaLink").and_then(Value::as_str);
        let link = link.ok_or_else(|| deed.unreadable("a link to the next changes"))?;
        self.below(link, deed)?;
        Ok(Cursor(link.to_owned()))
    }
}

impl Merged {
    /// Takes in one appearance of a group; a big one appears many times.
    fn take_in(&mut self, group: &GroupId, row: &Value, deed: &Deed) -> PortResult<()> {
        if !id(row, deed)?.as_str().eq_ignore_ascii_case(group.as_str()) {
            return Ok(());
        }
        if row.get("@removed").is_some() {
            return Err(group_gone(deed));
        }
        let members = row.get("members@delta").and_then(Value::as_array).into_iter().flatten();
        for member in members {
            let who = id(member, deed)?;
            if member.get("@removed").is_some() {
                self.added.remove(&who);
                self.nested.remove(&who);
                self.removed.insert(who);
            } else if is_a(member, "#microsoft.graph.user") {
                self.removed.remove(&who);
                self.added.insert(who);
            } else if is_a(member, "#microsoft.graph.group") {
                self.nested.insert(who);
            }
        }
        Ok(())
    }
}

fn is_a(member: &Value, kind: &str) -> bool {
    let found = member.get("@odata.type").and_then(Value::as_str);
    found.is_some_and(|found| found.eq_ignore_ascii_case(kind))
}

fn group_gone(deed: &Deed) -> PortError {
    deed.failed(Fault::Gone, "group_gone", "the group was deleted")
        .with_hint("restore the group in the directory within 30 days, or unlink the list")
}

/// Says of every sign of a cursor that will not do any more the same. A group that is not there is told by its count; change
/// tracking itself does not miss it.
fn stale(error: PortError, deed: &Deed) -> PortError {
    let told = is_cursor_code(&error.code) || error.code == "foreign_link";
    match error.code.as_str() {
        "group_gone" => error,
        "Request_ResourceNotFound" => group_gone(deed),
        _ if told || error.fault == Fault::Gone => {
            let why = format!("the cursor is too old or was reset (code {})", error.code);
            deed.failed(Fault::Gone, "cursor_expired", &why)
        }
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const USER: &str = "#microsoft.graph.user";

    fn group() -> GroupId {
        GroupId::parse("g1").expect("an id")
    }

    fn merge(rows: &[Value]) -> PortResult<Merged> {
        let deed = Deed::new("could not read", READ_GROUPS);
        let mut merged = Merged::default();
        for row in rows {
            merged.take_in(&group(), row, &deed)?;
        }
        Ok(merged)
    }

    fn ids(texts: &[&str]) -> BTreeSet<ObjectId> {
        texts.iter().map(|text| ObjectId::parse(text).expect("an id")).collect()
    }

    #[test]
    fn slices_are_merged_and_the_last_word_counts() {
        let gone = json!({"reason": "deleted"});
        let rows = [
            json!({"id": "G1", "members@delta": [
                {"@odata.type": USER, "id": "a"},
                {"@odata.type": USER, "id": "b", "@removed": gone},
                {"@odata.type": "#microsoft.graph.group", "id": "nested"}]}),
            json!({"id": "other", "members@delta": [{"@odata.type": USER, "id": "z"}]}),
            json!({"id": "g1", "members@delta": [
                {"@odata.type": USER, "id": "a", "@removed": gone},
                {"@odata.type": USER, "id": "b"},
                {"id": "c", "@removed": gone}]}),
        ];
        let merged = merge(&rows).expect("changes");
        assert_eq!(
            merged,
            Merged { added: ids(&["b"]), removed: ids(&["a", "c"]), nested: ids(&["nested"]) }
        );
    }

    #[test]
    fn a_deleted_group_is_told_from_an_expired_cursor() {
        let error = merge(&[json!({"id": "g1", "@removed": {"reason": "changed"}})]).expect_err("gone");
        assert_eq!((error.fault, error.code.as_str()), (Fault::Gone, "group_gone"));
    }
}
