//! Whom a link belongs to, and how they stand to what it is about.

use listsync_core::{
    consent::SinceNo,
    contact::{Contact, OptOutReason, Scope},
    id::{ContactId, ListId},
    list::{List, OptOutRule, Standing},
};
use listsync_engine::{
    ports::{Heir, PortResult},
    service::Service,
};

use crate::optout_link::{self, OptOutLink};

/// The person of a link.
pub(super) struct Person {
    pub(super) holder: Holder,
    pub(super) about: About,
    pub(super) stance: Stance,
}

impl Person {
    /// Whether they can take a no back: there is an address to make a member of, and a list to be on.
    pub(super) fn may_return(&self) -> bool {
        matches!(self.holder, Holder::Kept(_)) && !matches!(self.about, About::Former(_))
    }
}

/// Whose a link is.
pub(super) enum Holder {
    /// A contact's.
    Kept(Box<Contact>),
    /// Somebody's whose contact was deleted, and whom nobody has become since: only a no of theirs can be kept.
    Departed(ContactId),
}

impl Holder {
    /// The id of the contact that they are, or were.
    pub(super) fn contact(&self) -> &ContactId {
        match self {
            Self::Kept(contact) => &contact.id,
            Self::Departed(id) => id,
        }
    }

    /// Whether a no to all lists is their last word on every one.
    pub(super) fn wants_no_list(&self) -> bool {
        matches!(self, Self::Kept(contact) if contact.wants_no_list())
    }
}

/// What a link is about.
pub(super) enum About {
    List(List),
    All,
    /// A list that was deleted, whose name no list has now: a no to it is kept for the next one that has.
    Former(ListId),
}

/// How the person stands to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stance {
    /// Nothing stands against messages.
    Open,
    /// They opted out of the list.
    Out,
    /// They opted out of every list.
    OutOfAll,
    /// They reported a message as spam.
    Complained,
    /// Nobody may leave the list.
    Mandatory,
}

impl About {
    pub(super) fn scope(&self) -> Scope {
        match self {
            Self::List(list) => Scope::List(list.id.clone()),
            Self::All => Scope::All,
            Self::Former(list) => Scope::List(list.clone()),
        }
    }
}

/// What a token says; none for every token that is no good.
pub(super) async fn signed(service: &Service, token: &str) -> PortResult<Option<OptOutLink>> {
    let now = service.ports.clock.now();
    let keys = service.keys.signing_keys(now).await?;
    Ok(optout_link::read(&keys, token, now))
}

/// The person of a link; none where no contact or no list of its ids is known.
pub(super) async fn find(service: &Service, link: &OptOutLink) -> PortResult<Option<Person>> {
    let Some(holder) = holder(service, &link.contact).await? else { return Ok(None) };
    let about = match &link.scope {
        Scope::All => About::All,
        Scope::List(list) => match list_of(service, list).await? {
            Some(about) => about,
            None => return Ok(None),
        },
    };
    let stance = match &holder {
        Holder::Kept(contact) => stance(service, contact, &about).await?,
        Holder::Departed(_) => of_nobody(&about),
    };
    Ok(Some(Person { holder, about, stance }))
}

/// The list of an id, or the one that has its name now: a link in an old message outlives a list that is made anew.
async fn list_of(service: &Service, id: &ListId) -> PortResult<Option<About>> {
    if let Some(list) = service.ports.lists.list(id).await? {
        return Ok(Some(About::List(list)));
    }
    match service.contacts.heir(id).await? {
        Some(Heir::List(heir)) => Ok(service.ports.lists.list(&heir).await?.map(About::List)),
        Some(Heir::Nobody) => Ok(Some(About::Former(id.clone()))),
        None => Ok(None),
    }
}

/// The contact of an id, or whom they became: a link in an old message outlives a merge, and a deletion.
async fn holder(service: &Service, id: &ContactId) -> PortResult<Option<Holder>> {
    let kept = |contact: Option<Contact>| contact.map(|contact| Holder::Kept(Box::new(contact)));
    if let Some(holder) = kept(service.contacts.contact(id).await?) {
        return Ok(Some(holder));
    }
    if let Some(successor) = service.contacts.successor(id).await? {
        return Ok(kept(service.contacts.contact(&successor).await?));
    }
    Ok(service.contacts.is_departed(id).await?.then(|| Holder::Departed(id.clone())))
}

/// Nobody is told by a link how somebody stands who is kept no more.
fn of_nobody(about: &About) -> Stance {
    match about {
        About::List(list) if list.opt_out == OptOutRule::NotAllowed => Stance::Mandatory,
        About::List(_) | About::All | About::Former(_) => Stance::Open,
    }
}

/// How a contact stands now.
pub(super) async fn stance(service: &Service, contact: &Contact, about: &About) -> PortResult<Stance> {
    let list = match about {
        About::List(list) if list.opt_out == OptOutRule::NotAllowed => return Ok(Stance::Mandatory),
        About::List(List { id, .. }) | About::Former(id) => Some(id),
        About::All => None,
    };
    let to_all =
        contact.opted_out.filter(|_| list.is_none_or(|list| contact.since_no(list) == SinceNo::Nothing));
    match to_all.map(|no| no.reason) {
        Some(OptOutReason::Complaint) => return Ok(Stance::Complained),
        Some(OptOutReason::Own | OptOutReason::Erased) => return Ok(Stance::OutOfAll),
        None => {}
    }
    let Some(list) = list else { return Ok(Stance::Open) };
    let places = service.contacts.places(&contact.id).await?;
    let is_out = places.iter().any(|place| place.list == *list && place.standing == Standing::OptedOut);
    Ok(if is_out { Stance::Out } else { Stance::Open })
}
