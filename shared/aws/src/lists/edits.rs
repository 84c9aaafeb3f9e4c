use listsync_core::{
    Timestamp,
    address::Address,
    id::ListId,
    list::{NewContact, Origin, Standing},
};
use listsync_engine::ports::{AddOutcome, RemoveOutcome};

use super::{
    head::Head,
    held,
    people::{Move, People, Wanted},
    tx::ListTx,
};
use crate::table::{Fail, Table};

pub(super) async fn add(
    table: &Table,
    list: &ListId,
    new: &NewContact,
    (by, at): (Origin, Timestamp),
) -> Result<AddOutcome, Fail> {
    let head = Head::load(table, list).await?;
    let mut people = People::load(table, list, of(&new.address)).await?;
    let mut draft = people.obtain(new)?;
    let outcome = match draft.standing() {
        Standing::OptedOut => return Ok(AddOutcome::OptedOut),
        Standing::Member => {
            held::spare_one(table, list, &draft.contact.id).await?;
            AddOutcome::Already
        }
        Standing::Pending | Standing::Absent => AddOutcome::Added,
    };
    draft.contact.update(new);
    if outcome == AddOutcome::Added {
        draft.shift(Move { to: Standing::Member, by, at });
    }
    let mut tx = ListTx::new(&head);
    tx.push(people.settle(draft)?);
    tx.commit(table, "add the contact", Vec::new()).await?;
    Ok(outcome)
}

pub(super) async fn remove(
    table: &Table,
    list: &ListId,
    address: &Address,
    at: Timestamp,
) -> Result<RemoveOutcome, Fail> {
    let head = Head::load(table, list).await?;
    let mut people = People::load(table, list, of(address)).await?;
    let Some(mut draft) = people.by_address(address) else { return Ok(RemoveOutcome::Absent) };
    match draft.standing() {
        Standing::OptedOut | Standing::Absent => return Ok(RemoveOutcome::Absent),
        Standing::Member | Standing::Pending => {
            draft.shift(Move { to: Standing::Absent, by: Origin::Manual, at });
        }
    }
    let mut tx = ListTx::new(&head);
    tx.push(people.settle(draft)?);
    tx.commit(table, "remove the contact", Vec::new()).await?;
    Ok(RemoveOutcome::Removed)
}

pub(super) fn of(address: &Address) -> Wanted {
    Wanted { addresses: vec![address.clone()], ..Wanted::default() }
}
