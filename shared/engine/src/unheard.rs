//! Nos of which the changes of no list tell: they were said under an address that no contact has, or
//! by one of several contacts of a person. Whoever has the address may be on a list under another
//! one, which is known to the directory alone; so links are read in full by their next run.

use listsync_core::{
    contact::{Contact, Decision, Saying, Scope},
    refusal::{Speaker, is_told_by_changes},
    schedule::is_leased,
};

use crate::{
    Ports,
    ports::{Heard, LinkEdit, LinkState, PortResult},
};

/// How many links are in memory at a time.
const PAGE: usize = 200;

/// Has links look for whoever said no, where the changes of the lists do not lead to them. They are
/// not asked to run: a run in its time does, so that a thousand such nos of strangers, as another
/// service sends them, make one full read and not a thousand.
///
/// Whose address is external is mostly nobody in the directory; a guest who has another address on
/// the list is found by the next full check.
///
/// # Errors
/// When the store does not answer. The no is stored; said again, it is looked for again.
pub async fn follow(ports: &Ports, saying: &Saying, heard: &Heard) -> PortResult<()> {
    if saying.decision != Decision::OptedOut
        || ports.settings.settings().await?.is_external(&saying.address)
        || is_told_by_changes(speaker(ports, heard).await?, &saying.scope)
    {
        return Ok(());
    }
    seek(ports, &saying.scope).await
}

/// Has links look for whoever said no to a list, or to all of them.
///
/// # Errors
/// When the store does not answer.
pub async fn seek(ports: &Ports, scope: &Scope) -> PortResult<()> {
    match scope {
        Scope::List(list) => resync(ports, ports.links.of_list(list).await?).await,
        Scope::All => everywhere(ports).await,
    }
}

/// The same for somebody who was erased, whose address is known no more.
///
/// # Errors
/// When the store does not answer.
pub async fn everywhere(ports: &Ports) -> PortResult<()> {
    let mut after = None;
    loop {
        let page = ports.links.page(after.as_ref(), PAGE).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.link.id.clone());
        resync(ports, page).await?;
    }
}

async fn speaker(ports: &Ports, heard: &Heard) -> PortResult<Speaker> {
    let contact = match &heard.contact {
        Some(id) => ports.lists.contact(id).await?,
        None => None,
    };
    Ok(match contact {
        None => Speaker::Nobody,
        Some(Contact { object_id: None, .. }) => Speaker::Unmatched,
        Some(Contact { object_id: Some(object), .. }) => {
            match ports.lists.contacts_of(&[object]).await?.len() {
                ..=1 => Speaker::Known,
                _ => Speaker::OneOfSeveral,
            }
        }
    })
}

/// Has these links be read in full, which some are to be anyway.
async fn resync(ports: &Ports, states: Vec<LinkState>) -> PortResult<()> {
    let now = ports.clock.now();
    for LinkState { link, progress, leased_until, .. } in states {
        // A run that is going may have read what it reads by now.
        if progress.full_read_at.is_some() || is_leased(leased_until, now) {
            ports.links.edit(&link.id, &LinkEdit::Resync, now).await?;
        }
    }
    Ok(())
}
