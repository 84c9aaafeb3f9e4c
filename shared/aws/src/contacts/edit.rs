//! Contacts made and edited by people.

use std::collections::BTreeSet;

use listsync_core::{
    address::Address,
    contact::{Contact as Card, Scope, Version},
    id::{ContactId, ListId},
    register::{self, By, ContactEdit, Edit, Person, Suppressed},
};
use listsync_engine::ports::{PortError, PortResult};

use super::{
    say::last_of_all,
    whole::{self, Names, Whole, gone},
};
use crate::{
    lists::{draft, held, person::Contact},
    store::persistently,
    table::{Fail, Table},
};

pub(super) async fn create(
    table: &Table,
    address: &Address,
    edit: &ContactEdit,
    by: By,
) -> Result<Card, Fail> {
    let contact = Contact::new(address)?;
    let mut addresses = register::newly_theirs(&contact.card, edit);
    addresses.insert(address.clone());
    let names = Names::load(table, &addresses, edit.external_id.as_ref()).await?;
    let (said, recognized) = (said_under(&names, &addresses), names.recognized());
    let blank = Whole::on(table, contact, lists(said.iter().chain(recognized))).await?.fresh();
    let edit = Edit { edit, said: &said, recognized, taken_by: names.taken_by(None) };
    let change = register::create(blank.person(), edit, by).map_err(PortError::from)?;
    let mut writes = blank.writes(&change, None)?;
    writes.last.extend(names.ops(None, writes.after(), &change.left)?);
    writes.commit(table, "make the contact").await?;
    Ok(change.person.contact)
}

/// Edits a contact. Who has another address, name or mail state has it on each list; and a list's log tells of another
/// address.
pub(super) async fn edit(
    table: &Table,
    id: &ContactId,
    expected: Option<Version>,
    (edit, by): (&ContactEdit, By),
) -> Result<Card, Fail> {
    let contact = whole::find(table, id).await?.ok_or_else(|| gone(id))?;
    let fresh = register::newly_theirs(&contact.card, edit);
    let names = Names::load(table, &fresh, register::newly_known(&contact.card, edit)).await?;
    let (said, recognized) = (said_under(&names, &fresh), names.recognized());
    let before = Whole::of(table, contact, &lists(said.iter().chain(recognized))).await?;
    let of_all = match recognized.iter().any(|said| said.scope == Scope::All) {
        true => last_of_all(table, id).await?,
        false => None,
    };
    let edit = Edit { edit, said: &said, recognized, taken_by: names.taken_by(Some(id)) };
    let person = Person { of_all, ..before.person() };
    let change = register::edit(&person, expected, edit, by).map_err(PortError::from)?;
    let Some(change) = change else { return Ok(before.contact.card) };
    for list in &change.spared {
        held::spare_one(table, list, id).await?;
    }
    let mut writes = before.writes(&change, None)?;
    writes.last.extend(names.ops(Some(&before.contact), writes.after(), &change.left)?);
    writes.commit(table, "edit the contact").await?;
    Ok(change.person.contact)
}

/// Gives a contact another address, on all their lists. Nothing is done when it became somebody else's meanwhile.
pub(crate) async fn readdress(
    table: &Table,
    id: &ContactId,
    (address, by): (&Address, draft::By),
) -> PortResult<()> {
    let wanted = ContactEdit { address: Some(address.clone()), ..ContactEdit::default() };
    let by = By { origin: by.0, at: by.1 };
    let done: PortResult<Card> = persistently!("change the address", edit(table, id, None, (&wanted, by)));
    match done {
        Err(error) if error.code != "contact_exists" && error.code != "no_such_contact" => Err(error),
        _ => Ok(()),
    }
}

fn said_under(names: &Names, addresses: &BTreeSet<Address>) -> Vec<Suppressed> {
    addresses.iter().flat_map(|address| names.owner(address).suppressed).collect()
}

fn lists<'a>(said: impl Iterator<Item = &'a Suppressed>) -> BTreeSet<ListId> {
    said.filter_map(Suppressed::list).cloned().collect()
}
