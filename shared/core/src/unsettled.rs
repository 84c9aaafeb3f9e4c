//! Whom a link could not put in step, by the row that it keeps of them: who waits, who is not placed until somebody corrects
//! something, and whom a rule leaves out.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, Serializer, ser::SerializeStruct as _};

use crate::{
    Timestamp,
    address::Address,
    case::skip,
    id::{ContactId, ObjectId},
    identity::Unmatched,
    link::Writes,
    member::{Member, MemberKey, Open},
};

/// How it ends that both sides do not share somebody as they should.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Prospect {
    /// By itself: a later run does it, or reads again. From then on, where a moment is set.
    Waits(Option<Timestamp>),
    /// Once somebody corrects something; it is tried again from then on, where a moment is set.
    NotPlaced(Option<Timestamp>),
    /// Not at all: a rule of the link, or a person's word, wants it so.
    LeftOut,
}

impl Prospect {
    /// The word that documents have for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Waits(_) => "waiting",
            Self::NotPlaced(_) => "not_placed",
            Self::LeftOut => "left_out",
        }
    }

    /// When it is looked at again, where a moment is set.
    #[must_use]
    pub fn next_try(self) -> Option<Timestamp> {
        match self {
            Self::Waits(at) | Self::NotPlaced(at) => at,
            Self::LeftOut => None,
        }
    }
}

/// The codes that only this page gives, beside those of [`skip`] and [`Unmatched`].
pub mod code {
    /// A read contradicts what was just written or seen: it is read again.
    pub const SET_ASIDE: &str = "set_aside";
    /// Decided, and done by the next run.
    pub const DUE: &str = "due";
}

/// Somebody whom both sides do not share as they should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsettled {
    /// Who.
    pub key: MemberKey,
    /// The contact, as far as known.
    pub contact: Option<ContactId>,
    /// The address, as far as known.
    pub address: Option<Address>,
    /// Why: a stable code, such as `no_such_user`.
    pub code: String,
    /// How it ends.
    pub prospect: Prospect,
}

impl Unsettled {
    /// What a row tells of its member; none: both sides share it as they should, or a hold tells of it. Where a person writes
    /// the group, what is due there is that person's and waits for no run.
    #[must_use]
    pub fn of(member: &Member, writes: Writes) -> Option<Self> {
        let (code, prospect) = match &member.open {
            Some(Open::SetAside { recheck_at }) => (code::SET_ASIDE, Prospect::Waits(Some(*recheck_at))),
            Some(Open::Failed { code, retry_at, .. }) => (code.as_str(), prospect_of(code, Some(*retry_at))),
            Some(Open::Skipped { code }) if code == skip::GRACE => {
                (skip::GRACE, Prospect::Waits(member.grace.as_ref().map(|grace| grace.until)))
            }
            Some(Open::Skipped { code }) => (code.as_str(), prospect_of(code, None)),
            Some(Open::Declined { .. }) => (skip::ADDITION_DECLINED, Prospect::LeftOut),
            Some(Open::Held { .. }) => return None,
            Some(Open::Due) if writes == Writes::ByHand => return None,
            Some(Open::Due) => (code::DUE, Prospect::Waits(None)),
            None if member.intent.is_some() => (code::DUE, Prospect::Waits(None)),
            None => return None,
        };
        let (code, key) = (code.to_owned(), member.key.clone());
        let (contact, address) = (member.contact.clone(), member.address.clone());
        Some(Self { key, contact, address, code, prospect })
    }

    /// By what it is shown: the address, else the object or contact.
    #[must_use]
    pub fn who(&self) -> String {
        self.address.as_ref().map_or_else(|| self.key.to_string(), |address| address.as_str().to_owned())
    }

    /// Why, for a person.
    #[must_use]
    pub fn message(&self) -> &'static str {
        explained(&self.code).0
    }

    /// What a person can do about it; empty where there is nothing to do.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        explained(&self.code).1
    }

    /// The directory object, where one is known.
    #[must_use]
    pub fn object_id(&self) -> Option<&ObjectId> {
        self.key.object_id()
    }
}

impl Serialize for Unsettled {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut one = serializer.serialize_struct("Unsettled", 7)?;
        one.serialize_field("address", &self.address)?;
        one.serialize_field("object_id", &self.object_id())?;
        one.serialize_field("state", self.prospect.word())?;
        one.serialize_field("reason", &self.code)?;
        one.serialize_field("message", self.message())?;
        one.serialize_field("hint", self.hint())?;
        one.serialize_field("until", &self.prospect.next_try())?;
        one.end()
    }
}

/// How it ends for whom a code keeps out of step.
fn prospect_of(code: &str, next_try: Option<Timestamp>) -> Prospect {
    match code {
        // Asked for and not heard of yet; or the next run does it.
        skip::INVITED | skip::INVITING | skip::FIRST_RUN | skip::SOURCE_UNREAD | skip::GRACE => {
            Prospect::Waits(next_try)
        }
        // That somebody could be invited, or an address noted, is no fault of anybody's: the link was set up so.
        skip::PROTECTED
        | skip::NO_ADDRESS
        | skip::SHARED_MAILBOX
        | skip::AGENT
        | skip::OPTED_OUT
        | skip::SUPPRESSED
        | skip::ADDITION_DECLINED => Prospect::LeftOut,
        other => match Unmatched::from_code(other) {
            Some(Unmatched::GuestNotInvited | Unmatched::ExternalSkipped) => Prospect::LeftOut,
            // What the directory refuses is tried again, too, but somebody had better look at it.
            Some(_) | None => Prospect::NotPlaced(next_try),
        },
    }
}

/// Why somebody is out of step, and what a person can do about it, by the code.
fn explained(code: &str) -> (&'static str, &'static str) {
    match code {
        code::SET_ASIDE => ("a read contradicts what was just written or seen; it is read again", ""),
        code::DUE => ("the next run does it", ""),
        skip::INVITED => ("invited as a guest, whom the directory does not find yet", ""),
        skip::INVITING => ("an invitation was sent, and its answer never heard; it is asked for again", ""),
        skip::GRACE => (
            "left the list, and leaves the group once the link's grace is over",
            "put them on the list again, if they are to stay",
        ),
        skip::FIRST_RUN => ("nobody is removed until the first run has finished", ""),
        skip::SOURCE_UNREAD => ("one of the groups that feed the list could not be read completely", ""),
        skip::PROTECTED => ("protected: never removed", "change who is protected, if that is not meant"),
        skip::NO_ADDRESS => (
            "in the group, without an address to be on the list under",
            "give the person a mail address in the directory",
        ),
        skip::SHARED_MAILBOX => ("a shared mailbox, room or equipment, which the link leaves out", ""),
        skip::AGENT => ("an agent, which the link leaves alone", "to have agents as members: --agents keep"),
        skip::OPTED_OUT => ("opted out, and the group is not ours to write", ""),
        skip::SUPPRESSED => ("the owner of the address said no", ""),
        skip::ADDITION_DECLINED => ("a person dropped the addition", "put them on the other side by hand"),
        other => Unmatched::from_code(other).map_or(
            ("the directory refused it", "see what it said: listsync runs ls, then runs show RUN"),
            Unmatched::explained,
        ),
    }
}

/// So many people are named for each reason in a text; documents have all of them.
const NAMED: u64 = 100;

/// A line for each, in the order of urgency: who waits, who is not placed, who is left out. Moments are written as the
/// caller writes them.
#[must_use]
pub fn lines(people: &[Unsettled], moment: impl Fn(Timestamp) -> String) -> String {
    let mut ordered: Vec<&Unsettled> = people.iter().collect();
    ordered.sort_by_key(|one| (one.prospect.word() != "waiting", one.prospect, &one.code, one.who()));
    let (mut text, mut told) = (String::new(), BTreeMap::<&str, u64>::new());
    for one in ordered {
        let told = told.entry(&one.code).or_default();
        *told += 1;
        if *told > NAMED {
            continue;
        }
        let (who, why) = (one.who(), format!("{} ({})", one.message(), one.code));
        let line = match one.prospect {
            Prospect::Waits(Some(at)) => format!("  waits until {}: {who}: {why}", moment(at)),
            Prospect::Waits(None) => format!("  waits for the next run: {who}: {why}"),
            Prospect::NotPlaced(Some(at)) => format!("  not placed: {who}: {why}; next try {}", moment(at)),
            Prospect::NotPlaced(None) => format!("  not placed: {who}: {why}"),
            Prospect::LeftOut => format!("  left out: {who}: {why}"),
        };
        text += &line;
        text.push('\n');
    }
    for (code, told) in told.into_iter().filter(|(_, told)| *told > NAMED) {
        text += &format!("  and {} more ({code}): --json has all of them\n", told - NAMED);
    }
    text
}

/// How many are out of step, as a link keeps it from the run that found them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Tally {
    /// Who waits.
    pub waiting: u64,
    /// When the first of them is looked at again, where a moment is set.
    pub until: Option<Timestamp>,
    /// Who is not placed until somebody corrects something, by reason.
    pub not_placed: BTreeMap<String, u64>,
    /// Since when somebody is not placed; none: nobody is.
    pub since: Option<Timestamp>,
    /// Whom a rule leaves out, by reason.
    pub left_out: BTreeMap<String, u64>,
    /// Changes in the group that are left to a person.
    pub by_hand: u64,
}

impl Tally {
    /// Counts them. `since` is kept from `before` for as long as somebody is not placed.
    #[must_use]
    pub fn of(people: impl IntoIterator<Item = Unsettled>, before: &Self, now: Timestamp) -> Self {
        let mut tally = Self::default();
        for Unsettled { code, prospect, .. } in people {
            match prospect {
                Prospect::Waits(at) => {
                    tally.waiting += 1;
                    tally.until = tally.until.into_iter().chain(at).min();
                }
                Prospect::NotPlaced(_) => *tally.not_placed.entry(code).or_default() += 1,
                Prospect::LeftOut => *tally.left_out.entry(code).or_default() += 1,
            }
        }
        tally.since =
            (!tally.not_placed.is_empty()).then(|| before.since.map_or(now, |since| since.min(now)));
        tally
    }

    /// How many are not placed until somebody corrects something.
    #[must_use]
    pub fn misplaced(&self) -> u64 {
        self.not_placed.values().sum()
    }

    /// How many a rule leaves out.
    #[must_use]
    pub fn excepted(&self) -> u64 {
        self.left_out.values().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("a moment")
    }

    fn row(open: Option<Open>) -> Member {
        let key = MemberKey::Principal(ObjectId::parse("o1").expect("an id"));
        Member { open, ..Member::unknown(key) }
    }

    fn failed(code: &str) -> Option<Open> {
        Some(Open::Failed { code: code.into(), attempts: 1, retry_at: at(50) })
    }

    fn skipped(code: &str) -> Option<Open> {
        Some(Open::Skipped { code: code.into() })
    }

    fn prospect(open: Option<Open>) -> Option<Prospect> {
        Unsettled::of(&row(open), Writes::Direct).map(|one| one.prospect)
    }

    #[test]
    fn what_ends_by_itself_waits_and_what_a_rule_wants_is_no_fault() {
        use Prospect::{LeftOut, NotPlaced, Waits};
        let until = Some(at(50));
        for (open, expected) in [
            (None, None),
            (Some(Open::SetAside { recheck_at: at(50) }), Some(Waits(until))),
            (Some(Open::Due), Some(Waits(None))),
            (failed(skip::INVITED), Some(Waits(until))),
            (failed(skip::INVITING), Some(Waits(until))),
            (skipped(skip::FIRST_RUN), Some(Waits(None))),
            (skipped(skip::SOURCE_UNREAD), Some(Waits(None))),
            (failed("no_such_user"), Some(NotPlaced(until))),
            (failed("ambiguous_address"), Some(NotPlaced(until))),
            (skipped("corrected_to_nobody"), Some(NotPlaced(None))),
            (failed("not_invitable"), Some(NotPlaced(until))),
            (failed("forbidden"), Some(NotPlaced(until))),
            (failed("guest_not_invited"), Some(LeftOut)),
            (skipped("external_skipped"), Some(LeftOut)),
            (skipped(skip::PROTECTED), Some(LeftOut)),
            (failed(skip::NO_ADDRESS), Some(LeftOut)),
            (failed(skip::SHARED_MAILBOX), Some(LeftOut)),
            (failed(skip::AGENT), Some(LeftOut)),
            (failed(skip::SUPPRESSED), Some(LeftOut)),
            (Some(Open::Declined { side: crate::link::Side::Group }), Some(LeftOut)),
        ] {
            assert_eq!(prospect(open.clone()), expected, "{open:?}");
        }
        assert_eq!(Unsettled::of(&row(Some(Open::Due)), Writes::ByHand), None, "a person does it");
    }

    #[test]
    fn somebody_is_not_placed_since_the_first_run_that_says_so_until_nobody_is() {
        let people = |codes: &[&str]| -> Vec<Unsettled> {
            codes.iter().filter_map(|code| Unsettled::of(&row(failed(code)), Writes::Direct)).collect()
        };
        let first = Tally::of(people(&["no_such_user"]), &Tally::default(), at(10));
        let second = Tally::of(people(&["no_such_user", "no_such_user", skip::INVITED]), &first, at(20));
        assert_eq!((second.since, second.misplaced()), (Some(at(10)), 2));
        assert_eq!((second.waiting, second.until), (1, Some(at(50))));
        let third = Tally::of(people(&["guest_not_invited"]), &second, at(30));
        assert_eq!((third.since, third.misplaced(), third.excepted()), (None, 0, 1));
        assert_eq!(Tally::of(people(&["no_such_user"]), &third, at(40)).since, Some(at(40)));
    }

    #[test]
    fn every_reason_is_explained() {
        for reason in Unmatched::ALL {
            assert_eq!(explained(reason.code()), reason.explained());
        }
        for code in [skip::PROTECTED, skip::AGENT, skip::INVITED, code::DUE, code::SET_ASIDE, "forbidden"] {
            assert!(!explained(code).0.is_empty(), "{code}");
        }
    }
}
