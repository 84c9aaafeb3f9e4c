//! What a client writes of a user.

use listsync_core::{contact::Contact, id::ListId, list::Origin};
use listsync_engine::{people, pushed};
use listsync_scim::{Kept, User, kept_of};

use crate::{problem::Problem, within::Within};

/// Writes a user over a contact. Who is not there any more leaves their lists after a grace, and who is back is on them again.
pub(super) async fn write(app: &Within, contact: Contact, user: &User) -> Result<Contact, Problem> {
    let kept = kept_of(&contact);
    let was = User::is_active(&contact) && kept.deleted.is_none();
    let is = user.active.unwrap_or(true);
    let kept = match (was, is) {
        (true, false) => leaving(app, &contact, kept).await?,
        (false, true) => back(app, &contact, kept).await?,
        (true, true) | (false, false) => Kept { deleted: None, ..kept },
    };
    let written = user.written(Some(&contact), kept)?;
    if written.edit == Default::default() {
        app.did_nothing();
        return ended(app, contact).await;
    }
    let version = Some(contact.version);
    let edited = people::edit(&app.service, &contact.id, version, &written.edit, Origin::Manual).await?;
    ended(app, edited.what).await
}

/// Hides a contact from clients, and has the person leave their lists.
pub(super) async fn delete(app: &Within, contact: Contact) -> Result<(), Problem> {
    let kept = kept_of(&contact);
    let kept = match User::is_active(&contact) {
        true => leaving(app, &contact, kept).await?,
        false => kept,
    };
    let kept = Kept { deleted: Some(app.now()), ..kept };
    let mut edit = kept.edit()?;
    edit.fields.extend(User::absent());
    let version = Some(contact.version);
    let edited = people::edit(&app.service, &contact.id, version, &edit, Origin::Manual).await?;
    ended(app, edited.what).await.map(drop)
}

/// That somebody is not there any more is written before their memberships end: whatever breaks off between is done by the
/// next request that writes them.
async fn leaving(app: &Within, contact: &Contact, kept: Kept) -> Result<Kept, Problem> {
    let left = pushed::leaves(&app.service, &contact.id).await?;
    Ok(Kept { left, is_leaving: true, deleted: None, ..kept })
}

/// They are on their lists again before that is written: whatever breaks off between is done again.
async fn back(app: &Within, contact: &Contact, kept: Kept) -> Result<Kept, Problem> {
    pushed::restore(&app.service, contact, &kept.left).await?;
    Ok(Kept { left: Default::default(), is_leaving: false, deleted: None, ..kept })
}

/// Ends the memberships of who is not there any more, if that is still to be done. Who waits for a person is on the list until
/// then, as their groups show; so that is no refusal.
async fn ended(app: &Within, contact: Contact) -> Result<Contact, Problem> {
    let kept = kept_of(&contact);
    if !kept.is_leaving {
        return Ok(contact);
    }
    let lists: Vec<ListId> = kept.left.keys().cloned().collect();
    for waiting in pushed::end(&app.service, &contact, &lists).await? {
        app.touch(listsync_core::audit::ObjectKind::Import, &waiting.import);
    }
    let edit = Kept { is_leaving: false, ..kept }.edit()?;
    Ok(people::edit(&app.service, &contact.id, None, &edit, Origin::Manual).await?.what)
}
