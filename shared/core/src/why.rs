//! Why somebody is in step on a list and its group, or is not: the steps from their contact to what happens next, each with
//! what is known of it. Nothing is decided here: it tells what was decided, by what is stored and what was just read.

use std::fmt;

use serde::Serialize;

use crate::{
    Timestamp,
    address::Address,
    belief::Belief,
    case::Protection,
    hold::RulingKind,
    id::ObjectId,
    link::{Mode, Side, Writes},
    list::{Origin, Standing},
    member::{Member, Op, Open},
    reconcile::{Decision, Presence, Rule, decide},
    status::State,
    unsettled::{Prospect, Unsettled},
};

/// A question on the way from a contact to a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Question {
    /// Is it on the list?
    Contact,
    /// Did nobody say no?
    Consent,
    /// Who is it in the directory?
    Directory,
    /// Is that one in the group, as believed and as read now?
    Group,
    /// Is it protected, held, waiting, or did something fail?
    Exceptions,
    /// What happens next?
    Next,
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Contact => "on the list?",
            Self::Consent => "no opt-out?",
            Self::Directory => "who in the directory?",
            Self::Group => "in the group?",
            Self::Exceptions => "protected, held, waiting?",
            Self::Next => "what happens next?",
        })
    }
}

/// How a question is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// As it has to be for both sides to share somebody.
    Fine,
    /// It stops here.
    Stop,
    /// It tells, and neither helps nor hinders.
    Note,
}

/// One question with its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// What is asked.
    pub question: Question,
    /// How it is answered.
    pub answer: Answer,
    /// The answer for a person.
    pub text: String,
    /// What the person can do; empty where there is nothing to do.
    pub hint: String,
}

/// What the list service knows of an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonFacts {
    /// The address that was asked about.
    pub address: Address,
    /// The contact that has it, as the list has it; none: nobody is kept under it.
    pub entry: Option<EntryFacts>,
    /// Whether a no keeps the address off this list, be it of a contact or kept as a hash.
    pub is_refused: bool,
    /// When the contact's last no about this list or all was said; none: none is kept by name.
    pub refused_at: Option<Timestamp>,
}

/// How a contact stands to the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryFacts {
    /// Its own address.
    pub address: Address,
    /// How it stands.
    pub standing: Standing,
    /// Who brought it there.
    pub origin: Origin,
    /// Since when.
    pub since: Option<Timestamp>,
    /// Until when it is on the list; none: until somebody takes it off.
    pub until: Option<Timestamp>,
    /// Whether messages are known not to reach it.
    pub is_undeliverable: bool,
}

/// Who it is in the directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identity {
    /// The contact is matched to this object, which is there.
    Matched(ObjectId),
    /// The contact is matched to this object, which does not answer any more.
    Lost(ObjectId),
    /// Looked up now: this object answers to the address.
    Found(ObjectId),
    /// Looked up now: these do.
    Several(Vec<ObjectId>),
    /// Looked up now: nobody does.
    Nobody {
        /// Whether the address is of a foreign domain.
        is_external: bool,
    },
    /// The directory did not answer, and why.
    Unknown(String),
}

impl Identity {
    /// The object, where it is one.
    #[must_use]
    pub fn object_id(&self) -> Option<&ObjectId> {
        match self {
            Self::Matched(id) | Self::Lost(id) | Self::Found(id) => Some(id),
            Self::Several(_) | Self::Nobody { .. } | Self::Unknown(_) => None,
        }
    }
}

/// Whether somebody is in the group, as it was read just now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadNow {
    /// It is.
    Present,
    /// It is not.
    Absent,
    /// It is nobody in the directory, so there is nothing to read.
    NotAsked,
    /// The directory did not answer, and why.
    Unknown(String),
}

/// What one link knows of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkPersonFacts {
    /// Which side follows which.
    pub mode: Mode,
    /// The table by which presence is decided.
    pub rule: Rule,
    /// Who carries out what is planned for the group.
    pub writes: Writes,
    /// How the link stands.
    pub state: State,
    /// Who it is in the directory.
    pub identity: Identity,
    /// What the link remembers of them.
    pub row: Option<Member>,
    /// Whether they are in the group now.
    pub read_now: ReadNow,
    /// Whether they may be removed.
    pub protection: Protection,
    /// What a person said of the present hold.
    pub ruling: Option<RulingKind>,
    /// When the link is due.
    pub due_at: Timestamp,
}

/// The steps, in the order of a run. Moments are written as the caller writes them.
#[must_use]
pub fn steps(
    person: &PersonFacts,
    link: &LinkPersonFacts,
    moment: &dyn Fn(Timestamp) -> String,
) -> Vec<Step> {
    let teller = Teller { person, link, moment };
    vec![
        teller.contact(),
        teller.consent(),
        teller.directory(),
        teller.group(),
        teller.exceptions(),
        teller.next(),
    ]
}

/// The steps of somebody on a list that has no link: there is no group to be in.
#[must_use]
pub fn steps_without_link(person: &PersonFacts, moment: &dyn Fn(Timestamp) -> String) -> Vec<Step> {
    let next = step(Question::Next, Answer::Note, "nothing: the list is linked to no group", "");
    vec![contact(person, moment), consent(person, moment), next]
}

fn step(question: Question, answer: Answer, text: impl Into<String>, hint: impl Into<String>) -> Step {
    Step { question, answer, text: text.into(), hint: hint.into() }
}

fn contact(person: &PersonFacts, moment: &dyn Fn(Timestamp) -> String) -> Step {
    let asked = &person.address;
    let Some(entry) = &person.entry else {
        let text = format!("no: no contact has {}", asked.as_str());
        return step(Question::Contact, Answer::Stop, text, "put them on it: listsync lists add LIST EMAIL");
    };
    let alias = match entry.address == *asked {
        true => String::new(),
        false => format!(", as {}", entry.address.as_str()),
    };
    let since = entry.since.map_or_else(String::new, |at| format!(" since {}", moment(at)));
    let until = entry.until.map_or_else(String::new, |at| format!(", until {}", moment(at)));
    let (answer, text) = match entry.standing {
        Standing::Member => (Answer::Fine, format!("yes{since}{alias}, by {}{until}", by(entry.origin))),
        Standing::OptedOut => (Answer::Stop, format!("no: opted out{since}{alias}")),
        Standing::Pending => (Answer::Stop, format!("not yet: a confirmation is awaited{since}{alias}")),
        Standing::Absent => (Answer::Stop, format!("no{alias}: the contact is kept, and not on this list")),
    };
    let unreached = if entry.is_undeliverable { "; messages do not reach the address" } else { "" };
    step(Question::Contact, answer, text + unreached, "")
}

fn by(origin: Origin) -> &'static str {
    match origin {
        Origin::Manual => "an operator",
        Origin::Csv => "a file",
        Origin::Entra => "the group",
        Origin::Own => "their own word",
        Origin::Filter => "the list's filter",
        Origin::EndDate => "a date",
    }
}

fn consent(person: &PersonFacts, moment: &dyn Fn(Timestamp) -> String) -> Step {
    match (person.is_refused, person.refused_at) {
        (false, _) => step(Question::Consent, Answer::Fine, "right: no opt-out of theirs holds here", ""),
        (true, said) => {
            let when = said.map_or_else(String::new, |at| format!(", said {}", moment(at)));
            let text = format!("an opt-out keeps the address off the list{when}");
            let hint = "only the person can undo it: listsync subscribe LIST EMAIL, when they say so";
            step(Question::Consent, Answer::Stop, text, hint)
        }
    }
}

struct Teller<'a> {
    person: &'a PersonFacts,
    link: &'a LinkPersonFacts,
    moment: &'a dyn Fn(Timestamp) -> String,
}

impl Teller<'_> {
    fn contact(&self) -> Step {
        let mut step = contact(self.person, self.moment);
        // Where the list only follows the group, nobody is put on it by hand for the group's sake.
        if step.answer == Answer::Stop && !self.link.mode.writes(Side::Group) {
            step.hint = String::new();
        }
        step
    }

    fn consent(&self) -> Step {
        consent(self.person, self.moment)
    }

    fn directory(&self) -> Step {
        let (answer, text, hint) = match &self.link.identity {
            Identity::Matched(id) => (Answer::Fine, format!("{id}, matched before"), ""),
            Identity::Found(id) => (Answer::Fine, format!("{id}, found by the address just now"), ""),
            Identity::Lost(id) => (
                Answer::Stop,
                format!("matched to {id}, which the directory does not know any more"),
                "restore the account, or make it anew: the next run follows",
            ),
            Identity::Several(ids) => {
                let ids: Vec<&str> = ids.iter().map(ObjectId::as_str).collect();
                let text = format!("{} people answer to the address: {}", ids.len(), ids.join(", "));
                (Answer::Stop, text, "correct the addresses of all but one of them in the directory")
            }
            Identity::Nobody { is_external: false } => (
                Answer::Stop,
                "nobody answers to the address".to_owned(),
                "correct the address in the list, or create the user",
            ),
            Identity::Nobody { is_external: true } => (
                Answer::Stop,
                "nobody: the address is external, and the directory has no guest for it".to_owned(),
                "invite the guest in the directory, or: listsync links edit LIST --externals invite",
            ),
            Identity::Unknown(why) => {
                (Answer::Note, format!("not known: {why}"), "look at it with: listsync doctor")
            }
        };
        step(Question::Directory, answer, text, hint)
    }

    fn group(&self) -> Step {
        let believed = match self.link.row.as_ref().and_then(|row| row.group) {
            None => "nothing is remembered".to_owned(),
            Some(Belief { present, since, origin: _ }) => {
                let word = if present { "yes" } else { "no" };
                format!("{word} as believed, since {}", (self.moment)(since))
            }
        };
        let (answer, read) = match &self.link.read_now {
            ReadNow::Present => (Answer::Fine, "yes as read now".to_owned()),
            ReadNow::Absent => (Answer::Stop, "no as read now".to_owned()),
            ReadNow::NotAsked => (Answer::Stop, "nobody to read".to_owned()),
            ReadNow::Unknown(why) => (Answer::Note, format!("not read: {why}")),
        };
        step(Question::Group, answer, format!("{read}; {believed}"), "")
    }

    fn exceptions(&self) -> Step {
        let mut said = Vec::new();
        if self.link.protection == Protection::Protected {
            said.push("protected: never removed".to_owned());
        }
        let row = self.link.row.as_ref();
        if let Some(Open::Held { change, reason, .. }) = row.and_then(|row| row.open.as_ref()) {
            let ruling = match self.link.ruling {
                Some(RulingKind::Approved) => "; approved, waits for a run",
                Some(RulingKind::Discarded) => "; discarded, waits for a run",
                None => "",
            };
            said.push(format!("held: {change}, as {reason}{ruling}"));
        }
        if let Some(intent) = row.and_then(|row| row.intent) {
            let verb = if intent.op == Op::Add { "added" } else { "removed" };
            let since = (self.moment)(intent.since);
            said.push(format!("was about to be {verb} at {since}, and what came of it is not recorded"));
        }
        let unsettled = row.and_then(|row| Unsettled::of(row, self.link.writes));
        let hint = unsettled.as_ref().map_or("", Unsettled::hint);
        said.extend(unsettled.as_ref().map(|one| format!("{} ({})", one.message(), one.code)));
        match said.is_empty() {
            true => step(Question::Exceptions, Answer::Fine, "no", ""),
            false => step(Question::Exceptions, Answer::Note, said.join("; "), hint),
        }
    }

    /// The first of what stands in the way says what is to come; where nothing does, both sides tell.
    fn next(&self) -> Step {
        let tell = |text: String, hint: &str| step(Question::Next, Answer::Note, text, hint);
        match &self.link.state {
            State::Paused => return tell("nothing: the link is paused".into(), "listsync links resume LIST"),
            State::Halted { .. } => {
                return tell("nothing: the link is halted".into(), "see why: listsync status LIST");
            }
            State::Failing(failing) => {
                return tell(format!("nothing, until runs succeed again: {}", failing.reason), &failing.hint);
            }
            _ => {}
        }
        let row = self.link.row.as_ref();
        if let Some(Open::Held { digest, .. }) = row.and_then(|row| row.open.as_ref())
            && self.link.ruling.is_none()
        {
            let hint = format!("do it: listsync links approve {digest}; or discard it");
            return tell("nothing, until a person rules on the hold".into(), &hint);
        }
        let unsettled = row.and_then(|row| Unsettled::of(row, self.link.writes));
        match unsettled.map(|one| one.prospect) {
            Some(Prospect::Waits(Some(at))) => {
                return tell(format!("read or done again from {} on", (self.moment)(at)), "");
            }
            Some(Prospect::NotPlaced(Some(at))) => {
                return tell(format!("tried again from {} on", (self.moment)(at)), "");
            }
            Some(Prospect::LeftOut) => return tell("nothing: a rule wants it so".into(), ""),
            Some(Prospect::Waits(None) | Prospect::NotPlaced(None)) | None => {}
        }
        tell(self.by_both_sides(), "")
    }

    /// What the next run does, by how both sides stand now.
    fn by_both_sides(&self) -> String {
        let listed = self.person.entry.as_ref().is_some_and(|entry| entry.standing == Standing::Member);
        let baseline = self.link.row.as_ref().is_some_and(|row| row.in_baseline);
        let due = (self.moment)(self.link.due_at);
        let there = match &self.link.read_now {
            ReadNow::Present => true,
            ReadNow::Absent | ReadNow::NotAsked => false,
            ReadNow::Unknown(_) => return format!("the next run looks, due {due}"),
        };
        let refused = self.person.is_refused;
        if refused && there {
            return match self.link.mode.writes(Side::Group) {
                true => format!("removed from the group by the next run, due {due}: the opt-out holds"),
                false => {
                    "nothing: the list does not take them, and the group is not ours to write".to_owned()
                }
            };
        }
        if listed && !there && self.link.identity.object_id().is_none() {
            return format!("looked up again by the next run that may, due {due}");
        }
        match decide(Presence { baseline, list: listed, group: there }, self.link.rule) {
            Decision::Add(side) | Decision::Restore(side) => {
                format!("added to the {side} by the next run, due {due}")
            }
            Decision::Remove(side) | Decision::Outvote(side) | Decision::Expel(side) => {
                format!("removed from the {side} by the next run that may, due {due}")
            }
            Decision::Adopt | Decision::Keep => "nothing: both sides have them".to_owned(),
            Decision::Forget => "nothing: neither side has them".to_owned(),
            Decision::Nothing if listed || there => {
                "nothing: whom only the side that follows has is left there".to_owned()
            }
            Decision::Nothing => "nothing: neither side has them".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests;
