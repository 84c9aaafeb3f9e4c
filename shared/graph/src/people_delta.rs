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
    pages::{Chain, next_link, read_rows},
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
        let page = (page, Chain::default());
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
        self.people_round(call, (page, Chain::from(since)), &deed).await
    }

    /// Reads from a page on to the one that ends the round and gives the next cursor.
    async fn people_round(
        &self,
        call: Call<'_>,
        (mut page, mut chain): (Answer, Chain),
        deed: &Deed,
    ) -> PortResult<PeopleChanges> {
        let (mut gone, mut changed) = (BTreeSet::new(), BTreeMap::new());
        for _ in 0..PAGES {
            for row in read_rows(&mut page, deed, appearance)? {
                take_in(row, (&mut gone, &mut changed));
            }
            let path = match next_link(&page) {
                Some(link) if chain.is_new(link) => self.below(link, deed)?,
                Some(link) => return Ok(PeopleChanges { gone, changed, cursor: Cursor(link.to_owned()) }),
                None => return Ok(PeopleChanges { gone, changed, cursor: self.delta_link(&page, deed)? }),
            };
            page = self.delta_page(call, &Ask::get(path), deed).await?;
        }
        Err(deed.failed(Fault::Unavailable, "endless_listing", "the pages do not end"))
    }
}

/// One appearance of a person, who may appear several times.
struct Appearance {
    id: ObjectId,
    primary: Option<Address>,
    is_gone: bool,
}

fn appearance(row: &Value, deed: &Deed) -> PortResult<Appearance> {
    let person = principal(row, deed)?;
    let primary = person.primary_address().cloned();
    Ok(Appearance { id: person.id, primary, is_gone: row.get("@removed").is_some() })
}

fn take_in(
    Appearance { id, primary, is_gone }: Appearance,
    (gone, changed): (&mut BTreeSet<ObjectId>, &mut BTreeMap<ObjectId, Option<Address>>),
) {
    if is_gone {
        changed.remove(&id);
        gone.insert(id);
    } else {
        gone.remove(&id);
        changed.insert(id, primary);
    }
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
            take_in(appearance(&row, &deed).expect("a row"), (&mut gone, &mut changed));
        }
        let id = |text| ObjectId::parse(text).expect("an id");
        assert_eq!(gone, [id("b")].into());
        assert_eq!(changed, [(id("a"), Address::parse("a@x.example").ok())].into());
    }
}
