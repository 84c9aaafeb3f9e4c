use listsync_core::{
    Timestamp,
    address::Address,
    id::ListId,
    list::{NewContact, Origin, Standing},
    register::By,
};
use listsync_engine::ports::{AddOutcome, RemoveOutcome};

use super::{
    draft::Move,
    head::Head,
    held,
    people::{People, Wanted},
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
    head.check_static()?;
    let mut people = People::load(table, &head, of(&new.address)).await?;
    let mut draft = people.obtain(new, &[], (by, at))?;
    if draft.is_opted_out() {
        return Ok(AddOutcome::OptedOut);
    }
    let outcome = match draft.standing() == Standing::Member {
        true => {
            held::spare_one(table, list, draft.contact.id()).await?;
            AddOutcome::Already
        }
        false => AddOutcome::Added,
    };
    draft.contact.card.take_in(new, By { origin: by, at });
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
    head.check_static()?;
    let mut people = People::load(table, &head, of(address)).await?;
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

pub(crate) fn of(address: &Address) -> Wanted {
    Wanted { addresses: vec![address.clone()], ..Wanted::default() }
}
