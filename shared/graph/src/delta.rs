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
    pages::{Chain, all_understood, as_is, next_link, read_rows},
    path,
    principal::{Type, id},
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
    /// Who came under a type that nobody knows: the group's cast to users tells whether they are.
    unsure: BTreeSet<ObjectId>,
}

/// One appearance of a group: of another than was asked for, gone, or with members.
enum Appearance {
    Another,
    Gone,
    Members(Vec<(ObjectId, Move)>),
}

/// What a row says of a member.
#[derive(Clone, Copy)]
enum Move {
    Came(Type),
    Went,
}

impl Sender {
    pub(crate) async fn mint_cursor(&self, call: Call<'_>, group: &GroupId) -> PortResult<Cursor> {
        let deed = Deed::on_group("get a cursor for", group, READ_GROUPS);
        let filter = format!("id eq {}", path::quoted(group.as_str()));
        let path = ask::filtered("/groups/delta", "members", &filter);
        let first = self.obtain(call, &Ask::get(format!("{path}&$deltatoken=latest")), &deed).await?;
        let (_, cursor) = self.round(call, group, (first, Chain::default()), &deed).await?;
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
        let (merged, cursor) = self.round(call, group, (page, Chain::from(since)), &deed).await?;
        let Merged { mut added, removed, nested, unsure } = merged;
        if !unsure.is_empty() {
            // A full read has whoever the cast has, whatever the type is called: so must this one.
            let unsure: Vec<ObjectId> = unsure.into_iter().collect();
            added.extend(self.present(call, group, &unsure).await?);
        }
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
        (mut page, mut chain): (Answer, Chain),
        deed: &Deed,
    ) -> PortResult<(Merged, Cursor)> {
        let mut merged = Merged::default();
        for _ in 0..PAGES {
            for row in read_rows(&mut page, deed, as_is)? {
                match appearance(group, &row, deed)? {
                    Appearance::Another => {}
                    Appearance::Gone => return Err(group_gone(deed)),
                    Appearance::Members(members) => merged.take_in(members),
                }
            }
            let path = match next_link(&page) {
                Some(link) if chain.is_new(link) => self.below(link, deed)?,
                Some(link) => return Ok((merged, Cursor(link.to_owned()))),
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

/// Reads one appearance of a group; a big one appears many times. Each row of a member is understood, or the read fails.
fn appearance(group: &GroupId, row: &Value, deed: &Deed) -> PortResult<Appearance> {
    if !id(row, deed)?.as_str().eq_ignore_ascii_case(group.as_str()) {
        return Ok(Appearance::Another);
    }
    if row.get("@removed").is_some() {
        return Ok(Appearance::Gone);
    }
    let rows = match row.get("members@delta") {
        None => return Ok(Appearance::Members(Vec::new())),
        Some(Value::Array(rows)) => rows,
        Some(_) => return Err(deed.unreadable("its members")),
    };
    let members: Vec<_> = rows.iter().filter_map(|row| a_move(row, deed).ok()).collect();
    all_understood(rows.len(), members.len(), deed)?;
    Ok(Appearance::Members(members))
}

fn a_move(row: &Value, deed: &Deed) -> PortResult<(ObjectId, Move)> {
    let moved = match (row.get("@removed"), row.get("@odata.type")) {
        (Some(_), _) => Move::Went,
        (None, Some(_)) => Move::Came(Type::of(row)),
        (None, None) => Move::Came(Type::Unknown),
    };
    Ok((id(row, deed)?, moved))
}

impl Merged {
    fn take_in(&mut self, members: Vec<(ObjectId, Move)>) {
        for (who, moved) in members {
            for known in [&mut self.added, &mut self.nested, &mut self.unsure] {
                known.remove(&who);
            }
            match moved {
                Move::Went => drop(self.removed.insert(who)),
                Move::Came(Type::User | Type::Agent) => {
                    self.removed.remove(&who);
                    self.added.insert(who);
                }
                Move::Came(Type::Group) => drop(self.nested.insert(who)),
                Move::Came(Type::Unknown) => {
                    self.removed.remove(&who);
                    self.unsure.insert(who);
                }
                Move::Came(Type::Other) => {}
            }
        }
    }
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
            match appearance(&group(), row, &deed)? {
                Appearance::Another => {}
                Appearance::Gone => return Err(group_gone(&deed)),
                Appearance::Members(members) => merged.take_in(members),
            }
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
            Merged {
                added: ids(&["b"]),
                removed: ids(&["a", "c"]),
                nested: ids(&["nested"]),
                unsure: ids(&[])
            }
        );
    }

    #[test]
    fn an_agent_came_as_any_user_did_and_an_unknown_type_is_to_be_asked_for() {
        let row = json!({"id": "g1", "members@delta": [
            {"@odata.type": "#microsoft.graph.agentUser", "id": "agent"},
            {"@odata.type": "#microsoft.graph.device", "id": "printer"},
            {"@odata.type": "#microsoft.graph.someNewUser", "id": "new"},
            {"id": "untold"}]});
        let merged = merge(&[row]).expect("changes");
        assert_eq!((merged.added, merged.unsure), (ids(&["agent"]), ids(&["new", "untold"])));
    }

    #[test]
    fn a_member_that_is_not_understood_fails_the_read() {
        for members in
            [json!([{"@odata.type": USER, "id": "a"}, null]), json!([{"@odata.type": USER}]), json!({})]
        {
            merge(&[json!({"id": "g1", "members@delta": members})]).expect_err("a short list");
        }
    }

    #[test]
    fn a_deleted_group_is_told_from_an_expired_cursor() {
        let error = merge(&[json!({"id": "g1", "@removed": {"reason": "changed"}})]).expect_err("gone");
        assert_eq!((error.fault, error.code.as_str()), (Fault::Gone, "group_gone"));
    }
}
