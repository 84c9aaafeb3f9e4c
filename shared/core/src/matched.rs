//! A contact's match to a directory object: on what it rests, and when it is asked for anew.
//!
//! A match is the contact's, and every link of every list reads it. So it is replaced on evidence of the directory about
//! the person, and never dropped for what one link met: that a replica does not know a new account yet says nothing of
//! another link's group.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    Timestamp,
    address::Address,
    id::{ContactId, ObjectId},
    identity::{Match, Unmatched},
    list::Entry,
    member::{Member, Open},
    rename::Named,
    schedule::later,
    settings::Settings,
    snapshot::Principal,
};

/// On what a match rests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grounds {
    /// The contact's address when it was matched, or when its person was last given another by the directory; or the further
    /// address of the contact by which it was found. A contact that has another address now was edited by people, and may be
    /// somebody else.
    pub address: Address,
    /// When it was matched.
    pub since: Timestamp,
    /// The primary address that the directory gave when the object was last read, once it was.
    #[serde(default)]
    pub named: Option<Named>,
}

/// A match to be remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// Whose.
    pub contact: ContactId,
    /// To which object.
    pub object: ObjectId,
    /// On what it rests.
    pub grounds: Grounds,
}

impl Grounds {
    /// Of a match that is made now.
    #[must_use]
    pub fn new(address: Address, primary: Option<&Address>, now: Timestamp) -> Self {
        Self { address, since: now, named: primary.cloned().map(Named::first) }
    }

    /// Of a match that a contact takes over from another with which it is merged: a person said that both are one, so it
    /// rests on the address that the contact has.
    #[must_use]
    pub fn taken_over(theirs: Option<Self>, address: Address, now: Timestamp) -> Self {
        match theirs {
            Some(theirs) => Self { address, ..theirs },
            None => Self { address, since: now, named: None },
        }
    }

    /// Whether every replica knows the object: it was found a settle window ago, which is longer than any lag. Only then
    /// does a read by id that does not find it say that it is gone; a young account is unknown to some replicas.
    #[must_use]
    pub fn are_settled(&self, now: Timestamp, window: Duration) -> bool {
        later(self.since, window) <= now
    }
}

/// A member of a group whose address leads to a contact that has another address of its own.
///
/// The further address may be the person's own besides, or what the contact was corrected from: then the contact is somebody
/// else, and whoever took it for the member's would show one person on the list and keep another in the group.
#[derive(Debug, Clone, Copy)]
pub struct Claim<'a> {
    /// The member.
    pub member: &'a ObjectId,
    /// The member's address that leads to the contact.
    pub by: &'a Address,
    /// The member's primary address, where it was read.
    pub primary: Option<&'a Address>,
    /// The contact's own address.
    pub listed: &'a Address,
}

impl Claim<'_> {
    /// On what a match of the contact to the member rests, once the directory was asked who answers to the contact's own
    /// address; none: the contact is somebody else's, or may be several people's, and is not for us to give away.
    ///
    /// Nobody may answer because the address is a private one, of which the directory cannot know: people keep both as one
    /// person's. One of the tenant's own domains is as likely a correction to somebody who is still to come, so the match
    /// rests on the member's address: the next run doubts it, says so, and asks again.
    #[must_use]
    pub fn grounds(
        &self,
        answer: Option<&Match<ObjectId>>,
        settings: &Settings,
        now: Timestamp,
    ) -> Option<Grounds> {
        let rests_on = match answer {
            Some(Match::One(person)) if person == self.member => self.listed,
            Some(Match::One(_) | Match::Several(_)) => return None,
            None if settings.is_external(self.listed) => self.listed,
            None => self.by,
        };
        Some(Grounds::new(rests_on.clone(), self.primary, now))
    }
}

/// Why a match is asked for anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// People gave the contact another address: it may be somebody else's.
    Readdressed,
    /// The directory did not find the object when it was last to be added.
    Unfound,
}

/// Whether a contact's match is to be asked for anew: by its address, by what the link remembers of its object, and by
/// the object as it was read.
///
/// A match that was made before grounds were kept is judged by the object itself: an address that is none of its own, and
/// not the former one that the link remembers, was given by people.
#[must_use]
pub fn doubt(entry: &Entry, row: Option<&Member>, read: Option<&Principal>) -> Option<Doubt> {
    entry.object_id.as_ref()?;
    let is_readdressed = match (&entry.grounds, read) {
        (Some(grounds), _) => grounds.address != entry.address,
        (None, Some(read)) => {
            let former = row.and_then(|row| row.named.as_ref()).map(|named| &named.address);
            former != Some(&entry.address) && !read.addresses().any(|address| *address == entry.address)
        }
        (None, None) => false,
    };
    if is_readdressed {
        return Some(Doubt::Readdressed);
    }
    let is_unfound = matches!(row.and_then(|row| row.open.as_ref()), Some(Open::Failed { code, .. })
        if [Unmatched::NoSuchUser.code(), INVITED_ABSENT].contains(&code.as_str()));
    is_unfound.then_some(Doubt::Unfound)
}

/// The code of an addition that failed because an invited guest never appeared.
pub const INVITED_ABSENT: &str = "invited_absent";

/// What a link does not try again before its time, of a match in doubt.
#[must_use]
pub fn waiting(row: &Member, doubt: Doubt, entry: &Entry, now: Timestamp) -> Option<Unmatched> {
    // Under another address it was never asked for.
    let is_same = row.address.as_ref().is_none_or(|asked| *asked == entry.address);
    match (&row.open, doubt) {
        (Some(Open::Failed { retry_at, .. }), _) if *retry_at <= now => None,
        (Some(Open::Failed { code, .. }), Doubt::Readdressed) => {
            Unmatched::from_code(code).filter(|reason| is_same && reason.is_contested())
        }
        (Some(Open::Failed { code, .. }), Doubt::Unfound) if code == INVITED_ABSENT => {
            Some(Unmatched::GuestNotInvited)
        }
        (Some(Open::Failed { .. }), Doubt::Unfound) => Some(Unmatched::NoSuchUser),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        list::{Origin, Standing},
        member::MemberKey,
        snapshot::PrincipalKind,
    };

    fn address(local: &str) -> Address {
        Address::parse(&format!("{local}@contoso.example")).expect("an address")
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("in range")
    }

    fn bob() -> ObjectId {
        ObjectId::parse("bob").expect("an id")
    }

    fn entry(local: &str, grounds: Option<Grounds>) -> Entry {
        Entry {
            contact: ContactId::parse("c1").expect("an id"),
            address: address(local),
            name: String::new(),
            object_id: Some(bob()),
            standing: Standing::Member,
            origin: Origin::Manual,
            undeliverable: None,
            grounds,
            until: None,
        }
    }

    fn read(local: &str) -> Principal {
        Principal {
            id: bob(),
            name: String::new(),
            mail: Some(address(local)),
            proxies: Vec::new(),
            upn: None,
            others: Vec::new(),
            kind: PrincipalKind::Own,
        }
    }

    fn row(named: Option<&str>, open: Option<Open>) -> Member {
        let named = named.map(|local| Box::new(Named::first(address(local))));
        Member { named, open, ..Member::unknown(MemberKey::Principal(bob())) }
    }

    #[test]
    fn an_address_that_people_gave_is_doubted_and_one_that_the_directory_gave_is_not() {
        let grounds = Grounds::new(address("bob"), Some(&address("bob")), at(0));
        assert_eq!(doubt(&entry("bob", Some(grounds.clone())), None, None), None);
        assert_eq!(doubt(&entry("bobby", Some(grounds)), None, None), Some(Doubt::Readdressed));
    }

    #[test]
    fn a_further_address_makes_a_contact_a_members_unless_its_own_is_somebody_elses() {
        let (bob, by, listed) = (bob(), address("bob"), address("bobby"));
        let claim = Claim { member: &bob, by: &by, primary: Some(&by), listed: &listed };
        let other = ObjectId::parse("bobby").expect("an id");
        let elsewhere =
            Settings { internal_domains: ["fabrikam.example".into()].into(), ..Settings::default() };
        let here = Settings::default();
        for (answer, settings, expected) in [
            (Some(Match::One(bob.clone())), &here, Some(&listed)),
            (Some(Match::One(other.clone())), &here, None),
            (Some(Match::Several(vec![bob.clone(), other])), &here, None),
            (None, &elsewhere, Some(&listed)),
            (None, &here, Some(&by)),
        ] {
            let grounds = claim.grounds(answer.as_ref(), settings, at(0));
            assert_eq!(grounds.as_ref().map(|grounds| &grounds.address), expected, "{answer:?}");
        }
        let unanswered = claim.grounds(None, &here, at(0));
        assert_eq!(doubt(&entry("bobby", unanswered), None, None), Some(Doubt::Readdressed));
    }

    #[test]
    fn without_grounds_the_object_itself_tells() {
        let row = row(Some("bob"), None);
        assert_eq!(doubt(&entry("bobby", None), Some(&row), None), None, "the object was not read");
        assert_eq!(doubt(&entry("bobby", None), Some(&row), Some(&read("bob"))), Some(Doubt::Readdressed));
        assert_eq!(doubt(&entry("bob", None), Some(&row), Some(&read("bob"))), None);
        assert_eq!(doubt(&entry("bob", None), Some(&row), Some(&read("bob.lee"))), None, "it was renamed");
    }

    #[test]
    fn an_addition_that_found_nobody_is_asked_for_when_it_is_due_and_waits_until_then() {
        let open = |code: &str| Some(Open::Failed { code: code.into(), attempts: 1, retry_at: at(900) });
        let grounds = Grounds::new(address("bob"), None, at(0));
        let entry = entry("bob", Some(grounds));
        for (code, reason) in
            [("no_such_user", Unmatched::NoSuchUser), (INVITED_ABSENT, Unmatched::GuestNotInvited)]
        {
            let row = row(None, open(code));
            assert_eq!(doubt(&entry, Some(&row), None), Some(Doubt::Unfound));
            assert_eq!(waiting(&row, Doubt::Unfound, &entry, at(899)), Some(reason));
            assert_eq!(waiting(&row, Doubt::Unfound, &entry, at(900)), None);
        }
        assert_eq!(doubt(&entry, Some(&row(None, open("Request_BadRequest"))), None), None);
    }

    #[test]
    fn a_read_that_misses_a_young_account_proves_nothing() {
        let grounds = Grounds::new(address("bob"), None, at(0));
        let window = Duration::from_secs(1_800);
        assert!(!grounds.are_settled(at(1_799), window));
        assert!(grounds.are_settled(at(1_800), window));
    }
}
