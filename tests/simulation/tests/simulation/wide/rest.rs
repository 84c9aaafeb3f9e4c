//! No more trouble and no more changes: time passes until all stands as people wanted.

use std::time::Duration;

use listsync_core::{
    Timestamp,
    link::{LinkStatus, Mode, Side},
    member::Open,
    plan::Effect,
    summary::{Outcome, ReadKind},
    trigger::Reason,
};
use listsync_engine::{
    ports::{Clock as _, LinkEdit, Links as _, MemberQuery, Ruling, RulingKind},
    preview::preview,
    trigger::raise,
    watch::Unwatched,
};
use listsync_testkit::{fakes::Lag, faults::Faults};

use super::{
    History,
    folk::local,
    names::Names,
    patience::Patience,
    patient,
    stage::Inner,
    town::{Tie, Town},
};
use crate::plant::at_once;

/// By when all is at rest: a read may show an old state for as long as the lag, what it showed is put right a settle window
/// later, what several groups feed a window after that, and another window later nothing is looked at again.
const RESTS: Duration = Duration::from_secs(3 * 3600);
/// So many more beats, a quarter of an hour apart, it may take until nothing is set aside.
const SETTLES: u32 = 8;
/// A look-up that failed is tried again after a day at most.
const TRIES: u32 = 40;

/// Whether somebody rules on what is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    /// It is approved as soon as it is seen.
    Approved,
    /// Nobody does.
    Waiting,
}

impl History {
    pub(super) async fn rest(&mut self) {
        let plant = self.stage.plant.clone();
        plant.directory.shorten_reads(0);
        plant.directory.repeat_some_changes(0);
        self.patience.iter().for_each(Patience::rests);
        self.stage.tell(|| "all come to rest".to_owned());
        let began = plant.clock.now();
        let end = began.checked_add(RESTS).expect("in range");
        while plant.clock.now() < end {
            plant.wait(700 + self.dice.below(600));
            self.calm_round(Holds::Approved).await;
        }
        for attempt in 0.. {
            let Some(at) = self.next_retry() else { break };
            assert!(attempt < TRIES, "somebody is never found");
            let wait = at.duration_since(plant.clock.now()).as_secs().max(0).unsigned_abs();
            plant.wait(wait + 60);
            self.calm_round(Holds::Approved).await;
        }
        // Whoever was found in the last beat is added; the echo of that is read, and a window later all has settled.
        for _ in 0..SETTLES {
            if self.all_quiet(began) {
                break;
            }
            plant.wait(1_000);
            self.calm_round(Holds::Approved).await;
        }
        self.stands("at rest");
        let mut inner = self.stage.lock();
        for tie in &inner.town.ties {
            let (state, last) = (inner.town.state(tie), inner.town.last_summary(tie));
            assert!(is_quiet(&inner.town, tie, began), "not at rest: {state:#?} {last:#?}");
        }
        let doubled = Names::doubled(&inner.town);
        inner.entangle(doubled);
        let sight = inner.town.sight();
        let Inner { town, ledger, names, .. } = &mut *inner;
        ledger.rest(town, &sight);
        names.rest(town, &sight);
    }

    fn all_quiet(&self, since: Timestamp) -> bool {
        let inner = self.stage.lock();
        inner.town.ties.iter().all(|tie| is_quiet(&inner.town, tie, since))
    }

    fn next_retry(&self) -> Option<Timestamp> {
        self.stage.lock().earliest_retry()
    }

    /// Everything is as people wanted it.
    pub(super) fn stands(&self, when: &str) {
        let mut inner = self.stage.lock();
        inner.leave_out_untied();
        let sight = inner.town.sight();
        let mut complaints = inner.ledger.complaints(&inner.town, &sight);
        complaints.extend(inner.names.complaints(&inner.town, &sight));
        assert!(complaints.is_empty(), "it does not stand {when}: {complaints:#?}");
    }

    /// The timer beats and a worker works, without trouble.
    pub(super) async fn calm_round(&mut self, holds: Holds) {
        let plant = self.stage.plant.clone();
        let states: Vec<_> = {
            let inner = self.stage.lock();
            inner.town.ties.iter().map(|tie| inner.town.state(tie)).collect()
        };
        for state in states {
            let link = &state.link.id;
            if let LinkStatus::Halted(_) = state.link.status {
                at_once(plant.store.edit(link, &LinkEdit::Status(LinkStatus::Active), plant.clock.now()));
            }
            if state.progress.hold.is_some() && holds == Holds::Approved {
                self.rules();
                drop(raise(&plant.ports, link, Reason::Event).await);
            }
        }
        plant.tick(&patient(self.patience.as_ref(), Faults::none())).await;
        let before = self.stage.lock().town.sight();
        let handled = self.others_work().await;
        self.stage.tell(|| {
            let inner = self.stage.lock();
            let last = inner.town.ties.iter().filter_map(|tie| inner.town.last_summary(tie));
            let last: Vec<String> = last.map(|summary| summary.to_string()).collect();
            format!("{handled} messages handled at rest; the last runs:\n{}", last.join("\n"))
        });
        self.stage.nobody_is_lost(&before);
    }

    /// The operator rules on whatever is held. Mostly it is approved; if not, whoever was to go comes back.
    pub(super) fn rules(&mut self) {
        let mut inner = self.stage.lock();
        for tie in inner.town.ties.clone() {
            let state = inner.town.state(&tie);
            let is_ruled = |digest: &str| state.ruling.as_ref().is_some_and(|ruling| ruling.digest == digest);
            let Some(hold) = state.progress.hold.filter(|hold| !is_ruled(&hold.digest)) else { continue };
            // Where a link writes one side only, whoever is kept there is an extra from then on.
            let kind = match tie.mode == Mode::TwoWay && self.dice.chance(20) {
                true => RulingKind::Discarded,
                false => RulingKind::Approved,
            };
            self.stage.tell(|| format!("the operator rules on what {} holds: {kind:?}", tie.link));
            if kind == RulingKind::Discarded {
                inner.comes_back(&tie, &hold.digest);
            }
            let ruling = Ruling { digest: hold.digest, kind };
            at_once(inner.town.plant.store.edit(&tie.link, &LinkEdit::Rule(ruling), inner.now()));
        }
    }

    /// At rest a further run plans nothing, writes no row of a member, and costs one request for each group that it reads.
    pub(super) async fn stand_still(&mut self) {
        let plant = self.stage.plant.clone();
        // A change that is shown once more lets a run drop what is long past.
        plant.directory.set_lag(Lag::NONE);
        for _ in 0..3 {
            plant.wait(900);
            let before = plant.store.writes();
            self.calm_round(Holds::Waiting).await;
            let after = plant.store.writes();
            let inner = self.stage.lock();
            let last: Vec<_> =
                inner.town.ties.iter().map(|tie| (tie, inner.town.last_summary(tie))).collect();
            // A full read also drops what is long past, and whoever is not found is looked up now and then.
            let is_plain = |(tie, last): &(&Tie, Option<listsync_core::summary::Summary>)| {
                last.as_ref().is_some_and(|last| last.read == ReadKind::Incremental)
                    && inner.town.is_complete(tie)
            };
            if !last.iter().all(is_plain) {
                continue;
            }
            let rows = (after.members - before.members, after.entries - before.entries);
            assert_eq!(rows, (0, 0), "rows written at rest");
            for (tie, last) in last {
                let cost = last.expect("it ran").graph;
                let groups = tie.groups.len() as u64;
                assert_eq!((cost.requests, cost.writes), (groups, 0), "{} at rest", tie.link);
            }
        }
        let links: Vec<_> = self.stage.lock().town.ties.iter().map(|tie| tie.link.clone()).collect();
        for link in links {
            let until = plant.clock.now().checked_add(Duration::from_secs(60)).expect("in range");
            let plan = preview(&plant.ports, &link, until, &Unwatched).await.expect("a preview at rest");
            let plain = plan.effects.iter().filter(|effect| !self.stage.lock().is_retired(effect));
            assert_eq!(plain.count(), 0, "a further run would change something: {plan:?}");
        }
        self.stands("at the end");
    }
}

fn is_quiet(town: &Town, tie: &Tie, since: Timestamp) -> bool {
    let state = town.state(tie);
    let settled = town.last_summary(tie).is_some_and(|last| {
        last.started_at > since
            && matches!(last.outcome, Outcome::Converged | Outcome::Waiting | Outcome::Partial)
            && last.reason != "count_mismatch"
            && last.set_aside == 0
            && last.list.added + last.list.removed + last.group.added + last.group.removed == 0
    });
    settled && state.requested == state.synced && state.progress.hold.is_none()
}

impl Town {
    /// Whether the link has nobody left whom it looks for.
    fn is_complete(&self, tie: &Tie) -> bool {
        at_once(self.plant.store.members(&tie.link, MemberQuery::Open)).is_empty()
    }
}

impl Inner {
    /// Whether an effect is about somebody whose contacts are entangled.
    fn is_retired(&self, effect: &Effect) -> bool {
        let object = effect.key.object_id().and_then(|id| self.town.folk.of_object(id));
        let address = effect.address.as_ref().and_then(|address| self.town.folk.owner(local(address)));
        object.into_iter().chain(address).any(|who| self.retired.contains(&who))
    }

    /// Whoever is held and still where they were to be removed is to be on both sides.
    fn comes_back(&mut self, tie: &Tie, digest: &str) {
        let sight = self.town.sight();
        for row in at_once(self.town.plant.store.members(&tie.link, MemberQuery::Open)) {
            let Some(Open::Held { digest: known, change, .. }) = &row.open else { continue };
            let Some(who) = row.key.object_id().and_then(|id| self.town.folk.of_object(id)) else { continue };
            let on_list = sight.is_on(&tie.list, who);
            let is_there =
                on_list != sight.is_in(&tie.groups[0], who) && on_list == (change.side == Side::List);
            if known == digest && is_there {
                self.ledger.comes_back(&self.town, tie, who);
            }
        }
    }

    /// When the next failure is tried again that concerns somebody who has an account.
    fn earliest_retry(&self) -> Option<Timestamp> {
        let rows = self.town.ties.iter().flat_map(|tie| {
            let rows = at_once(self.town.plant.store.members(&tie.link, MemberQuery::Open));
            rows.into_iter().map(move |row| (tie, row))
        });
        let due = rows.filter_map(|(tie, row)| {
            let Some(Open::Failed { retry_at, .. }) = row.open else { return None };
            let shown = local(row.address.as_ref()?);
            let who = self.town.folk.owner(shown)?;
            let is_open = self.town.folk.humans[who].answers_to(shown)
                && !self.retired.contains(&who)
                && !self.ledger.is_out(&tie.list, who);
            is_open.then_some(retry_at)
        });
        due.min()
    }
}
