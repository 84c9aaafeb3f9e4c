//! Several requests of one run under way at a time, before a tenant that speaks Microsoft Graph and takes its time.

use std::time::Duration;

use listsync_core::{
    flight,
    id::{LinkId, RunId},
    link::{Mode, RemovalLimit},
    summary::Outcome,
    trigger::Reason,
};
use listsync_engine::{
    ports::{Links as _, MemberQuery},
    run::{Ran, RunRequest, run},
    watch::{Step, Watch},
};
use listsync_graph_emulator::{
    Effect, Entry, Fault, GroupKind, ObjectId, Refused, Settings, Throttle, Writers,
};
use listsync_testkit::sample;
use tokio::sync::watch::{Receiver, Sender, channel};

use crate::{desk::Reading, office::Office, play};

/// Additions go a hundred to a request, removals twenty.
const BATCH: usize = 100;

/// A tenant that takes its time, and that bears whatever comes.
fn patient() -> Settings {
    Settings { latency: Duration::from_millis(20), throttle: Throttle::Off, ..Settings::default() }
}

/// So many people on a list that is linked to an empty group.
async fn crowd(people: usize, settings: Settings) -> (Office, ObjectId) {
    let mut office = Office::with(Reading::Incremental, &[], settings).await;
    for number in 0..people {
        let name = format!("p{number:04}");
        office.person(&name);
        office.list_adds(&format!("{name}@contoso.example")).await;
    }
    let group = office.group(GroupKind::Microsoft365, &[]);
    office.link_to(group, Mode::TwoWay).await;
    office.tenant.clear_journal();
    (office, group)
}

/// The requests that held writes of members, or one refusal each.
fn batches(office: &Office) -> Vec<Entry> {
    let is_batch = |entry: &Entry| entry.path == "/$batch" && entry.part.is_none();
    let has = |entry: &Entry, text: &str| {
        entry.request.as_ref().is_some_and(|request| request.to_string().contains(text))
    };
    let writes =
        |entry: &Entry| has(entry, "members@odata.bind") || has(entry, "DELETE") || has(entry, "$ref");
    office.tenant.journal().into_iter().filter(|entry| is_batch(entry) && writes(entry)).collect()
}

fn is_within_the_window(most: u64) -> bool {
    (2..=flight::MOST as u64).contains(&most)
}

#[test]
fn several_batches_are_under_way_and_no_more_than_the_window_and_no_request_is_added() {
    play(async {
        let (mut office, group) = crowd(1_200, patient()).await;
        let summary = office.sync().await;
        assert_eq!((summary.outcome, summary.group.added), (Outcome::Converged, 1_200), "{summary}");
        let counters = office.tenant.counters();
        assert!(is_within_the_window(counters.most_writing), "{} at a time", counters.most_writing);
        assert_eq!(batches(&office).len(), 1_200 / BATCH);
        assert_eq!(counters.member_writes, 1_200 / 20);

        sample::set(&*office.store, |settings| settings.max_removals = RemovalLimit::Off).await;
        for number in 0..300 {
            office.list_removes(&format!("p{number:04}@contoso.example")).await;
        }
        office.tenant.clear_journal();
        let summary = office.wait(Duration::from_secs(3_600)).await;
        assert_eq!((summary.outcome, summary.group.removed), (Outcome::Converged, 300), "{summary}");
        let counters = office.tenant.counters();
        assert!(is_within_the_window(counters.most_writing), "{} at a time", counters.most_writing);
        assert_eq!((batches(&office).len(), counters.member_writes), (300 / 20, 300));
        assert_eq!(office.grouped(group).len(), 900);
    });
}

#[test]
fn look_ups_are_under_way_several_at_a_time() {
    play(async {
        let mut office = Office::with(Reading::Incremental, &[], patient()).await;
        for number in 0..2_100 {
            office.person(&format!("p{number:04}"));
        }
        for number in 0..900 {
            office.list_adds(&format!("p{number:04}@contoso.example")).await;
        }
        let group = office.group(GroupKind::Microsoft365, &[]);
        office.link_to(group, Mode::TwoWay).await;
        office.tenant.clear_journal();
        let plan = office.plan().await;
        assert_eq!(plan.matches("@contoso.example").count(), 900);
        let counters = office.tenant.counters();
        assert!(is_within_the_window(counters.most_under_way), "{} at a time", counters.most_under_way);
        assert_eq!(counters.writes, 0, "a preview writes nothing");
    });
}

/// Nothing begins while the directory wants rest; what was under way when it said so is taken in.
#[test]
fn a_pause_in_the_middle_of_a_window_stops_all_and_loses_nothing() {
    play(async {
        let (mut office, group) = crowd(2_000, patient()).await;
        let slow_down = Effect::Refuse(Refused::status(429).retry_after(1));
        office.tenant.inject(Fault::on("PATCH", "/groups/*", slow_down).nth(13));
        let summary = office.sync().await;
        assert_eq!((summary.outcome, summary.failures.len()), (Outcome::Converged, 0), "{summary}");
        assert_eq!((summary.group.added, office.grouped(group).len()), (2_000, 2_000));
        let journal = office.tenant.journal();
        let told = journal.iter().find(|entry| entry.status == 429).expect("a pause was asked for").at;
        // What was on its way when the first was told is there within ten times what a request takes.
        let told = told + Duration::from_millis(200);
        let during = |entry: &&Entry| entry.at > told && entry.at < told + Duration::from_millis(800);
        let begun = batches(&office).iter().filter(during).count();
        assert_eq!(begun, 0, "requests in a second of rest");
    });
}

/// The page of Microsoft Graph's errors: 409 `Directory_ConcurrencyViolation`, wait briefly and retry.
#[test]
fn a_group_that_takes_one_writer_at_a_time_gets_one() {
    play(async {
        let settings = Settings { writers: Writers::One, ..patient() };
        let (mut office, group) = crowd(1_200, settings).await;
        let summary = office.sync().await;
        assert_eq!((summary.outcome, summary.failures.len()), (Outcome::Converged, 0), "{summary}");
        assert_eq!((summary.group.added, office.grouped(group).len()), (1_200, 1_200));
        let clashes = office.tenant.journal().iter().filter(|entry| entry.status == 409).count();
        assert!(clashes > 0, "two are tried at first");
        // Of a full window one is taken; the others come again at once, one fewer each time.
        let most = flight::MOST * (flight::MOST - 1) / 2;
        assert!(clashes <= most, "{clashes} writes were refused before one went at a time");
    });
}

/// Another writer comes when many are under way: they refuse each other, and each is tried until it has its turn.
#[test]
fn clashes_in_a_full_window_end_no_run() {
    play(async {
        let (mut office, group) = crowd(4_000, patient()).await;
        let tenant = office.tenant.clone();
        let others = async {
            while tenant.members(group).len() < 1_200 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            tenant.configure(|settings| settings.writers = Writers::One);
        };
        let (summary, ()) = tokio::join!(office.sync(), others);
        assert_eq!((summary.outcome, summary.failures.len()), (Outcome::Converged, 0), "{summary}");
        assert_eq!((summary.group.added, office.grouped(group).len()), (4_000, 4_000));
        assert!(office.tenant.journal().iter().any(|entry| entry.status == 409), "none was refused");
    });
}

#[test]
fn lost_answers_in_a_window_are_found_to_have_taken_effect() {
    play(async {
        let (mut office, group) = crowd(1_200, patient()).await;
        for number in [3, 5, 6] {
            let lost = Fault::on("PATCH", "/groups/*", Effect::ResetAfter).nth(5 * number);
            office.tenant.inject(lost);
        }
        let summary = office.sync().await;
        assert_eq!((summary.outcome, summary.failures.len()), (Outcome::Converged, 0), "{summary}");
        assert_eq!((summary.group.added, office.grouped(group).len()), (1_200, 1_200));
    });
}

/// Wants the run to end as soon as it has done anything.
struct Impatient {
    tell: Sender<bool>,
    told: Receiver<bool>,
}

impl Watch for Impatient {
    fn step(&self, step: Step) {
        if matches!(step, Step::Applied { .. }) {
            self.tell.send_replace(true);
        }
    }

    fn stop(&self) -> Option<&Receiver<bool>> {
        Some(&self.told)
    }
}

/// Laws 2 and 8: what was under way is recorded, and what was only intended is taken back.
#[test]
fn a_run_that_is_stopped_in_a_window_begins_nothing_more_and_records_all_that_was_under_way() {
    play(async {
        let (mut office, group) = crowd(1_200, patient()).await;
        let (tell, told) = channel(false);
        let link = LinkId::parse("link").unwrap();
        let request = RunRequest {
            run: RunId::parse("stopped").unwrap(),
            link: link.clone(),
            reason: Reason::Schedule,
            until: office.ports.clock.now() + Duration::from_secs(900),
        };
        let Ran { summary, .. } = run(&office.ports, &request, &Impatient { tell, told }).await.unwrap();
        assert_eq!(summary.outcome, Outcome::Continued, "{summary}");
        let here = office.grouped(group).len();
        assert!((BATCH..1_200).contains(&here), "{here} are in the group");
        assert_eq!(summary.group.added, here as u64, "each is recorded");
        let rows = office.store.members(&link, MemberQuery::Open).await.unwrap();
        assert_eq!(rows.iter().filter(|row| row.intent.is_some()).count(), 0, "no intent is left open");
        let summary = office.sync().await;
        assert_eq!((summary.outcome, office.grouped(group).len()), (Outcome::Converged, 1_200), "{summary}");
        assert_eq!(office.tenant.counters().member_writes, 1_200 / 20, "nobody is sent twice");
    });
}
