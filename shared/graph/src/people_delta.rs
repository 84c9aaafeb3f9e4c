//! Who of the tenant's people changed since a cursor: one delta for all of them (the page "user: delta").

use std::collections::{BTreeMap, BTreeSet};

use listsync_core::{address::Address, id::ObjectId};
use listsync_engine::ports::{Call, Cursor, Fault, PeopleChanges, PortResult};
use serde_json::Value;

use crate::{
    answer::Answer,
    ask::Ask,
    deed::{Deed, READ_USERS},
    delta::PAGES,
    pages::{next_link, take_rows},
    principal::principal,
    send::Sender,
};

/// What wakes it: addresses, and always that somebody was made, deleted or restored.
const WAKES: &str = "mail,proxyAddresses,userPrincipalName";

impl Sender {
    pub(crate) async fn people_cursor(&self, call: Call<'_>) -> PortResult<Cursor> {
        let deed = Deed::new("could not get a cursor for the people of the tenant", READ_USERS);
        let first = Ask::get(format!("/users/delta?$select={WAKES}&$deltatoken=latest"));
        let page = self.obtain(call, &first, &deed).await?;
        self.people_round(call, page, &deed).await.map(|changes| changes.cursor)
    }

    pub(crate) async fn people_changes(&self, call: Call<'_>, since: &Cursor) -> PortResult<PeopleChanges> {
        let deed = Deed::new("could not read which people of the tenant changed", READ_USERS);
        let path = self.below(&since.0, &deed).map_err(|error| {
            deed.failed(
                Fault::Gone,
                "cursor_expired",
                &format!("the cursor cannot be used (code {})", error.code),
            )
        })?;
        let page = self.delta_page(call, &Ask::get(path), &deed).await?;
        self.people_round(call, page, &deed).await
    }

    /// Reads from a page on to the one that ends the round and gives the next cursor.
    async fn people_round(&self, call: Call<'_>, mut page: Answer, deed: &Deed) -> PortResult<PeopleChanges> {
        let (mut gone, mut changed) = (BTreeSet::new(), BTreeMap::new());
        for _ in 0..PAGES {
            for row in take_rows(&mut page, deed)? {
                take_in(&row, (&mut gone, &mut changed), deed)?;
            }
            let path = match next_link(&page) {
                Some(link) => self.below(link, deed)?,
                None => return Ok(PeopleChanges { gone, changed, cursor: self.delta_link(&page, deed)? }),
            };
            page = self.delta_page(call, &Ask::get(path), deed).await?;
        }
        Err(deed.failed(Fault::Unavailable, "endless_listing", "the pages do not end"))
    }
}

/// Takes in one appearance of a person, who may appear several times.
fn take_in(
    row: &Value,
    (gone, changed): (&mut BTreeSet<ObjectId>, &mut BTreeMap<ObjectId, Option<Address>>),
    deed: &Deed,
) -> PortResult<()> {
    let person = principal(row, deed)?;
    let primary = person.primary_address().cloned();
    if row.get("@removed").is_some() {
        changed.remove(&person.id);
        gone.insert(person.id);
    } else {
        gone.remove(&person.id);
        changed.insert(person.id, primary);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_last_word_on_a_person_counts() {
        let deed = Deed::new("could not read", READ_USERS);
        let (mut gone, mut changed) = (BTreeSet::new(), BTreeMap::new());
        let removed = |id: &str, reason: &str| json!({"id": id, "@removed": {"reason": reason}});
        for row in [
            removed("a", "changed"),
            json!({"id": "b", "mail": "b@x.example"}),
            json!({"id": "A", "mail": "a@x.example"}),
            removed("b", "deleted"),
        ] {
            take_in(&row, (&mut gone, &mut changed), &deed).expect("a row");
        }
        let id = |text| ObjectId::parse(text).expect("an id");
        assert_eq!(gone, [id("b")].into());
        assert_eq!(changed, [(id("a"), Address::parse("a@x.example").ok())].into());
    }
}
