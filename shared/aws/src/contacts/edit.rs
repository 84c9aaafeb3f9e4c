//! Contacts made and edited by people.

use std::collections::BTreeSet;

use listsync_core::{
    address::Address,
    contact::{Contact as Card, Decision, OptOut, Scope, Undeliverable, Version},
    id::ContactId,
    list::{OptOutRule, Standing},
};
use listsync_engine::ports::{ContactEdit, MailState, PortResult};

use super::{
    forget::{said_no, suppressions},
    say::{departure, leaves},
    whole::{Change, Names, News, Spot, Whole, logged, save, step, still},
};
use crate::{
    error,
    lists::{
        draft::By,
        owner::{Owner, Suppressed},
        person::Contact,
        row::look_op,
        tx::ADDRESS,
    },
    store::persistently,
    table::{Fail, Table},
};

pub(super) async fn create(
    table: &Table,
    address: &Address,
    edit: &ContactEdit,
    by: By,
) -> Result<Card, Fail> {
    let mut contact = Contact::new(address, &Owner::default())?;
    apply(&mut contact, edit, by);
    let addresses: BTreeSet<Address> = contact.addresses().into_iter().cloned().collect();
    let names = Names::load(table, &addresses, contact.card.external_id.as_ref()).await?;
    names.check_free(None)?;
    for address in &addresses {
        contact.takes_over(&names.owner(address).suppressed);
    }
    let mut last = save(table, None, &mut contact, News::Tell).await?;
    last.extend(names.ops(None, &contact, &[])?);
    let change = Change { still: Vec::new(), lists: Vec::new(), last };
    change.commit(table, "make the contact").await?;
    Ok(contact.card)
}

/// Edits a contact. Who has another address, name or mail state has it on each list; and a list's log tells of another
/// address.
pub(super) async fn edit(
    table: &Table,
    id: &ContactId,
    expected: Option<Version>,
    (edit, by): (&ContactEdit, By),
) -> Result<Card, Fail> {
    let Whole { contact: before, spots } = Whole::load(table, id).await?;
    check_version(&before, expected)?;
    let mut after = before.clone();
    apply(&mut after, edit, by);
    let fresh = after.addresses();
    let fresh: BTreeSet<Address> =
        fresh.difference(&before.addresses()).map(|address| (*address).clone()).collect();
    let external = after.card.external_id.as_ref();
    let external = external.filter(|_| before.card.external_id != after.card.external_id);
    let names = Names::load(table, &fresh, external).await?;
    names.check_free(Some(id))?;
    let brought: Vec<Suppressed> = fresh.iter().flat_map(|address| names.owner(address).suppressed).collect();
    after.takes_over(&brought);
    if *edit == ContactEdit::default() {
        return Ok(before.card);
    }
    let mut last = save(table, Some(&before), &mut after, News::Tell).await?;
    let said = suppressions(&before, said_no(&before, &spots));
    last.extend(names.ops(Some(&before), &after, &said)?);
    let mut lists = Vec::new();
    for (list, spot) in &spots {
        if let Some((no, decision)) = brought_no(spot, &after, &brought) {
            lists.push(departure(spot, &after, (no, decision, by.1))?);
            continue;
        }
        let mut ops = vec![look_op(list, &after.card)?];
        if before.card.address != after.card.address && spot.row.standing != Standing::Absent {
            ops.extend(step(&spot.head, &[logged(id, ADDRESS, by)], 0)?);
        }
        lists.push(ops);
    }
    Change { still: vec![still(&before)], lists, last }.commit(table, "edit the contact").await?;
    Ok(after.card)
}

/// Gives a contact another address, on all their lists. Nothing is done when it became somebody else's meanwhile.
pub(crate) async fn readdress(
    table: &Table,
    id: &ContactId,
    (address, by): (&Address, By),
) -> PortResult<()> {
    let wanted = ContactEdit { address: Some(address.clone()), ..ContactEdit::default() };
    let done: PortResult<Card> = persistently!("change the address", edit(table, id, None, (&wanted, by)));
    match done {
        Err(error) if error.code != "contact_exists" && error.code != "no_such_contact" => Err(error),
        _ => Ok(()),
    }
}

/// The no that a new address brings to a list where they stand: of the list itself, or of all lists.
fn brought_no(spot: &Spot, after: &Contact, brought: &[Suppressed]) -> Option<(OptOut, Option<Decision>)> {
    let list = &spot.head.list;
    let is_of_list = |scope: &Scope| matches!(scope, Scope::List(id) if list.ids().any(|known| known == id));
    let said = brought.iter().find(|said| is_of_list(&said.scope)).map(|said| said.no);
    let here = list.opt_out == OptOutRule::Allowed && spot.row.standing != Standing::OptedOut;
    let of_all = brought.iter().any(|said| said.scope == Scope::All);
    let all = after.card.opted_out.filter(|_| of_all && leaves(spot));
    match said.filter(|_| here) {
        Some(said) => Some((said, Some(Decision::OptedOut))),
        None => all.map(|no| (no, spot.row.decision)),
    }
}

fn check_version(contact: &Contact, expected: Option<Version>) -> PortResult<()> {
    let version = contact.card.version;
    if expected.is_none_or(|expected| expected == version) {
        return Ok(());
    }
    let message = format!("contact {} is at version {} by now", contact.id(), version.0);
    Err(error::rejected("version", message, "read the contact again, and edit that"))
}

fn apply(contact: &mut Contact, edit: &ContactEdit, by: By) {
    let ContactEdit { address, name, external_id, fields, add_aliases, remove_aliases, mail } = edit;
    if let Some(address) = address
        && *address != contact.card.address
    {
        contact.readdress(address, by.0);
    }
    if let Some(name) = name {
        contact.card.name.clone_from(name);
    }
    if let Some(external) = external_id {
        contact.card.external_id = Some(external.clone());
        contact.card.further_ids.remove(external);
    }
    contact.set_fields(fields, by);
    let own = contact.card.address.clone();
    contact.card.aliases.extend(add_aliases.iter().filter(|alias| **alias != own).cloned());
    contact.card.aliases.retain(|alias| !remove_aliases.contains(alias));
    match mail {
        None => {}
        Some(MailState::Reaches) => contact.card.undeliverable = None,
        Some(MailState::Undeliverable(reason)) => {
            let known = contact.card.undeliverable.filter(|state| state.reason == *reason);
            contact.card.undeliverable = known.or(Some(Undeliverable { reason: *reason, at: by.1 }));
        }
    }
}
