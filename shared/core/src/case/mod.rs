//! Everything that is known of one member when a run decides.

use std::time::Duration;

use crate::{
    belief::{Seen, Settling},
    hold::Ruling,
    identity::{ListPresence, Unmatched},
    link::{Externals, Extras, FirstMerge, Mode, Phase, Writes},
    member::{Member, MemberKey},
    plan::{Alias, Effect},
};

mod judge;
mod release;

pub use judge::{failed_again, judge};

/// The reasons for which a member is left alone, as summaries show them.
pub mod skip {
    /// The person opted out, and the group is not ours to write.
    pub const OPTED_OUT: &str = "opted_out";
    /// The address is suppressed: its owner said no, and is kept no more.
    pub const SUPPRESSED: &str = "suppressed";
    /// To be added, and a person who looked at the held additions dropped them.
    pub const ADDITION_DECLINED: &str = "addition_declined";
    /// Never removed, by the settings.
    pub const PROTECTED: &str = "protected";
    /// In the group, but without an address to become a contact under.
    pub const NO_ADDRESS: &str = "no_address";
    /// Nobody is removed until the first run has finished.
    pub const FIRST_RUN: &str = "first_run";
    /// A shared mailbox, room or equipment, on a link that leaves them out.
    pub const SHARED_MAILBOX: &str = "shared_mailbox";
    /// An agent, on a link that leaves them alone.
    pub const AGENT: &str = "agent";
    /// The directory gives the person an address that another contact has.
    pub const ADDRESS_TAKEN: &str = "address_taken";
    /// Invited as a guest, whom the directory does not find yet.
    pub const INVITED: &str = "guest_invited";
    /// An invitation was sent and its answer never heard: the directory is asked again later.
    pub const INVITING: &str = "invitation_unconfirmed";
    /// Left the list, and stays in the group for the time that the link gives them to come back.
    pub const GRACE: &str = "grace";
    /// Nobody is removed while one of the groups that feed the list cannot be read completely.
    pub const SOURCE_UNREAD: &str = "source_unread";
}

/// Who a member is, as far as writing it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Identity {
    /// A directory object.
    Settled,
    /// A contact that no directory object answers to, or not the one that it is matched to.
    Unmatched(Unmatched, Asked),
}

/// When the directory was asked for an unmatched contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// In this run.
    Now,
    /// In an earlier one; it is not time to ask again.
    Earlier,
}

/// Whether a member may be removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protection {
    /// As anybody.
    Ordinary,
    /// Never.
    Protected,
}

/// Whether a guard looked at how many came, when the member came to the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    /// One did, or the person came by their own word.
    Judged,
    /// None did.
    Unjudged,
}

/// Whether whoever a run puts on the list goes on from there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Onward {
    /// No other link fills a place from the list.
    #[default]
    Nowhere,
    /// Another one does, and asks nobody about them once more ([`Arrival::Judged`]).
    Elsewhere,
}

/// Whether what the directory refused is tried before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// No.
    WhenDue,
    /// A person asked for the run.
    Now,
}

/// On the reads of how many groups an absence rests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reach {
    /// Of the link's only group.
    #[default]
    One,
    /// Of several that feed the list, all of which could be read.
    All,
    /// Of several, not all of which could be read: who is in none of the others may be in that one, so nobody leaves the
    /// list.
    NotAll,
}

/// Everything that is known of one member when a run decides.
#[derive(Debug, Clone)]
pub struct Case {
    /// What the link remembers, with contact and address filled in.
    pub record: Member,
    /// The display name, possibly empty.
    pub name: String,
    /// What the group read says.
    pub seen: Seen,
    /// How it stands to the list.
    pub list: ListPresence,
    /// Under which further addresses it is on the list, in the order of contacts.
    pub also: Vec<Alias>,
    /// How it came to the list.
    pub arrival: Arrival,
    /// Who it is.
    pub identity: Identity,
    /// Whether it may be removed.
    pub protection: Protection,
}

/// What holds for every member of a run.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Which side follows which.
    pub mode: Mode,
    /// What becomes of extras.
    pub extras: Extras,
    /// Whether a person ever approved a removal of extras.
    pub extras_release: ExtrasRelease,
    /// How memberships that never met are brought together.
    pub first_merge: FirstMerge,
    /// Whether the first run has finished.
    pub phase: Phase,
    /// What is done with external contacts.
    pub externals: Externals,
    /// How long what is seen of the group may be behind.
    pub settling: Settling,
    /// What a person said of the present hold.
    pub ruling: Option<Ruling>,
    /// Whether what was refused is tried before its time.
    pub retry: Retry,
    /// Who carries out the effects on the group.
    pub writes: Writes,
    /// On the reads of how many groups an absence rests.
    pub reach: Reach,
    /// Whether whoever joins the list goes on to other places.
    pub onward: Onward,
    /// How long whoever left the list stays in the group; zero: not at all.
    pub grace: Duration,
}

/// Whether extras may be removed under the guard alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExtrasRelease {
    /// The first such removal waits for a person.
    #[default]
    Unapproved,
    /// A person approved one.
    Approved,
}

/// What a run does about one member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing.
    Settled,
    /// This.
    Do(Effect),
    /// It is left alone, for this reason.
    Skip(String),
    /// It cannot be added to the group, for the first time, or stands in it for somebody whose address it has no more: a
    /// failure.
    Fail(Unmatched),
    /// Its read contradicts what we hold true, within the window.
    SetAside,
}

/// A member after the decision, before any effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// What the link is to remember of it from now on, effects aside.
    pub member: Member,
    /// What is done about it.
    pub verdict: Verdict,
}

impl Case {
    /// A member of whom only its key is known.
    #[must_use]
    pub fn unknown(key: MemberKey) -> Self {
        Self {
            record: Member::unknown(key),
            name: String::new(),
            seen: Seen::Unmentioned,
            list: ListPresence::Absent,
            also: Vec::new(),
            arrival: Arrival::Unjudged,
            identity: Identity::Settled,
            protection: Protection::Ordinary,
        }
    }
}
