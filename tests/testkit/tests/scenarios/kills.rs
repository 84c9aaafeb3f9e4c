//! A first sync that is killed again and again while reads lag: what it writes is bounded by counts. Law 2.
//!
//! Of each kill one write more at most for each request that may have been under way: it stands for all that the request held.

use std::{io::Write as _, time::Duration};

use listsync_core::{
    flight,
    id::{LinkId, RunId},
    link::Mode,
    trigger::Reason,
};
use listsync_engine::{
    run::{RunRequest, run},
    watch::Unwatched,
};
use listsync_graph_emulator::{GroupKind, Lag, Settings};
use listsync_testkit::{
    dice::Dice,
    faults::{Fate, Faults, When},
};

use crate::{desk::Reading, office::Office, play};

const PEOPLE: u64 = 2_000;
const KILLS: u64 = 55;
/// Additions go twenty to a write.
const FLOOR: u64 = PEOPLE / 20;

/// A process that dies somewhere between saving what it is about to send and recording what came of it.
fn mortal(mut dice: Dice) -> Faults {
    Faults::judged(Box::new(move |name, _| {
        let is_near = name.starts_with("directory.write") || name == "links.fold";
        let when = if dice.chance(50) { When::Before } else { When::After };
        if is_near && dice.chance(45) { Fate::Crash(when) } else { Fate::Pass }
    }))
}

impl Office {
    /// A run under these faults; whether it ended.
    pub(crate) async fn attempt(&self, number: u64, faults: &Faults) -> bool {
        let ports = faults.over(&self.ports);
        let request = RunRequest {
            run: RunId::parse(&format!("attempt-{number}")).unwrap(),
            link: LinkId::parse("link").unwrap(),
            reason: Reason::Schedule,
            until: self.ports.clock.now() + Duration::from_secs(900),
        };
        let ended = faults.process(run(&ports, &request, &Unwatched)).await;
        // The lease of a dead run lasts for a minute.
        self.tenant.clock().advance(Duration::from_secs(61));
        ended.is_ok()
    }
}

#[test]
fn a_first_sync_that_is_killed_again_and_again_writes_once_more_per_request_under_way_at_most() {
    play(async {
        let lag = Lag { max: Duration::from_secs(600), replicas: 3 };
        let settings = Settings { lag, ..Settings::default() };
        let mut office = Office::with(Reading::Incremental, &[], settings).await;
        for number in 0..PEOPLE {
            let name = format!("p{number:04}");
            office.person(&name);
            office.list_adds(&format!("{name}@contoso.example")).await;
        }
        let group = office.group(GroupKind::Microsoft365, &[]);
        office.link_to(group, Mode::TwoWay).await;
        office.tenant.clear_journal();
        let (mut dice, mut kills, mut lost) = (Dice::new(9), 0, 0);
        for number in 0..KILLS {
            let faults = mortal(dice.fork());
            if !office.attempt(number, &faults).await {
                kills += 1;
                let sent = faults.names().iter().filter(|name| name.starts_with("directory.write")).count();
                lost += sent.min(flight::MOST) as u64;
            }
        }
        office.sync().await;
        for _ in 0..4 {
            office.wait(Duration::from_secs(1_800)).await;
        }
        let writes = office.tenant.counters().member_writes;
        let told = format!("{kills} kills over {lost} requests, {writes} member writes, at least {FLOOR}");
        writeln!(std::io::stderr(), "{told}").unwrap();
        assert!(kills > KILLS / 2, "{kills} kills are too few");
        assert_eq!(office.tenant.members(group).len() as u64, PEOPLE);
        assert_eq!(office.listed().await.len() as u64, PEOPLE);
        assert!(writes <= FLOOR + lost, "{writes} member writes after {lost} requests that a kill met");
    });
}
