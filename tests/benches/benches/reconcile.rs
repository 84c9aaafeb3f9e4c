//! Deciding on a million members of whom one in a hundred changed, beside a plain sorted merge of both sides' ids.
//!
//! It is done in a process of its own, whose peak of memory is looked at: this same program, told [`ALONE`].

use std::{
    cmp::Ordering,
    process::Stdio,
    time::{Duration, Instant},
};

use listsync_benches::Figure;
use listsync_core::{
    Timestamp,
    address::Address,
    belief::{Belief, Settling},
    case::{ExtrasRelease, Onward, Policy, Reach, Retry, Verdict, judge},
    gather::{Evidence, Sight},
    id::{ContactId, ObjectId},
    link::{Externals, Extras, FirstMerge, Mode, Phase, Writes},
    list::{Entry, Origin, Standing},
    matched::Grounds,
    member::{Member, MemberKey},
    place::Scheme,
    rename::Named,
    shield::Shield,
    snapshot::{Completeness, Principal, PrincipalKind},
};
use tokio::process::Command;

use crate::memory;

/// What this program is told to do nothing but this.
pub(crate) const ALONE: &str = "reconcile-alone";
const MEMBERS: u64 = 1_000_000;
/// Half of those who changed are new on the list, the others in the group.
const NEW: u64 = MEMBERS / 200;
const TIMES: f64 = 3.0;
const MOST_MEMORY: f64 = 400.0;
/// Each way is gone so often, in turns, and the fastest of each counts.
const GOES: usize = 3;

pub(crate) async fn figures() -> Vec<Figure> {
    let alone = || {
        let mut command = Command::new(std::env::current_exe().expect("a running program has a path"));
        command.arg(ALONE);
        command
    };
    let told = alone().stderr(Stdio::inherit()).output().await.expect("it runs").stdout;
    let times = String::from_utf8_lossy(&told).trim().parse().expect("it tells how many times as long");
    let peak = memory::peak(alone()).await;
    let what = |what| format!("reconcile of {MEMBERS} members, 1 % changed: {what}");
    vec![
        Figure { what: what("beside a sorted merge"), value: times, bound: TIMES, unit: "times" },
        Figure { what: what("peak memory"), value: peak, bound: MOST_MEMORY, unit: "MB" },
    ]
}

/// How many times as long as a plain sorted merge it takes.
pub(crate) fn alone() -> f64 {
    let evidence = evidence();
    let (mut merge, mut ours) = (Duration::MAX, Duration::MAX);
    for _ in 0..GOES {
        let began = Instant::now();
        let differing = merged(&evidence);
        merge = merge.min(began.elapsed());
        let began = Instant::now();
        let decided = decided(&evidence);
        ours = ours.min(began.elapsed());
        assert_eq!((differing, decided), (2 * NEW, 2 * NEW), "whoever is on one side alone");
    }
    ours.as_secs_f64() / merge.as_secs_f64()
}

/// How many ids one side has alone, by sorting both and walking through them side by side.
fn merged(evidence: &Evidence) -> u64 {
    let mut list: Vec<&str> =
        evidence.entries.iter().filter_map(|entry| entry.object_id.as_ref()).map(ObjectId::as_str).collect();
    let mut group: Vec<&str> = evidence.principals.keys().map(ObjectId::as_str).collect();
    list.sort_unstable();
    group.sort_unstable();
    let (mut list, mut group) = (list.into_iter().peekable(), group.into_iter().peekable());
    let mut differing = 0;
    loop {
        let order = match (list.peek(), group.peek()) {
            (Some(listed), Some(member)) => listed.cmp(member),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => return differing,
        };
        differing += u64::from(order != Ordering::Equal);
        if order != Ordering::Greater {
            list.next();
        }
        if order != Ordering::Less {
            group.next();
        }
    }
}

/// How many members there is something to do about.
fn decided(evidence: &Evidence) -> u64 {
    let (policy, shield, now) = (policy(), Shield::default(), Timestamp::UNIX_EPOCH);
    let verdicts = evidence.cases(&shield).map(|case| judge(&case, &policy, now).verdict);
    verdicts.filter(|verdict| matches!(verdict, Verdict::Do(_))).count() as u64
}

fn policy() -> Policy {
    Policy {
        mode: Mode::TwoWay,
        extras: Extras::Keep,
        extras_release: ExtrasRelease::Unapproved,
        first_merge: FirstMerge::Union,
        phase: Phase::Steady,
        externals: Externals::Match,
        settling: Settling::new(Scheme::Entra.lag(), Duration::ZERO),
        ruling: None,
        retry: Retry::WhenDue,
        writes: Writes::Direct,
        reach: Reach::One,
        onward: Onward::Nowhere,
        grace: Duration::ZERO,
    }
}

/// Everybody on both sides and remembered, but for the first on the list alone and the last in the group alone.
fn evidence() -> Evidence {
    let (mut entries, mut records, mut principals) = (Vec::new(), Vec::new(), Vec::new());
    for number in 0..MEMBERS {
        let person = Person::of(number);
        if (NEW..MEMBERS - NEW).contains(&number) {
            records.push(person.record());
        }
        if number < MEMBERS - NEW {
            entries.push(person.entry());
        }
        if number >= NEW {
            principals.push(person.principal());
        }
    }
    let principals = listsync_core::records::Principals::from(principals);
    Evidence {
        entries,
        unmatched: Default::default(),
        refusing: Default::default(),
        looked_up: Default::default(),
        sight: Sight::All(principals.keys().cloned().collect(), Completeness::Complete),
        principals,
        records: records.into(),
        holders: None,
        reach: Reach::One,
    }
}

/// Whose texts are held once, as a run holds them.
struct Person {
    id: ObjectId,
    contact: ContactId,
    address: Address,
    name: String,
}

impl Person {
    fn of(number: u64) -> Self {
        // Ids of a directory come in no order; those of contacts in that in which they were made.
        let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let guid = |high: u64| {
            let (first, second, third) = (high >> 32, (high >> 16) & 0xffff, high & 0xffff);
            format!("{first:08x}-{second:04x}-{third:04x}-8000-{number:012x}")
        };
        Self {
            id: ObjectId::parse(&guid(mixed)).expect("an id"),
            contact: ContactId::parse(&guid(number)).expect("an id"),
            address: Address::parse(&format!("person.{number}@contoso.example")).expect("an address"),
            name: format!("Person {number}"),
        }
    }

    fn record(&self) -> Member {
        Member {
            contact: Some(self.contact.clone()),
            address: Some(self.address.clone()),
            in_baseline: true,
            group: Some(Belief::written(true, Timestamp::UNIX_EPOCH)),
            ..Member::unknown(MemberKey::Principal(self.id.clone()))
        }
    }

    fn entry(&self) -> Entry {
        let named = Some(Named::first(self.address.clone()));
        Entry {
            contact: self.contact.clone(),
            address: self.address.clone(),
            name: self.name.clone(),
            object_id: Some(self.id.clone()),
            standing: Standing::Member,
            origin: Origin::Csv,
            undeliverable: None,
            grounds: Some(Grounds { address: self.address.clone(), since: Timestamp::UNIX_EPOCH, named }),
            until: None,
        }
    }

    fn principal(&self) -> Principal {
        Principal {
            id: self.id.clone(),
            name: self.name.clone(),
            mail: Some(self.address.clone()),
            proxies: vec![self.address.clone()],
            upn: Some(self.address.clone()),
            others: Vec::new(),
            kind: PrincipalKind::Own,
        }
    }
}
