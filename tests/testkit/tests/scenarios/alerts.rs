//! What people are told of without asking: by the beats after a run, once for each cause, whoever dies and whatever fails.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use jiff::tz::TimeZone;
use listsync_core::{
    Timestamp,
    alert::{AlertKind, Message},
    expected::Expect,
    grant::Lists,
    link::LinkStatus,
    schedule::later,
};
use listsync_engine::{
    alerts::{self, Alerting},
    credentials::Carried,
    people,
    ports::{
        Again, AlertChannel, Clock as _, Decision, Fault, ImportMode, ImportRow, LinkEdit, Links as _,
        ListEdit, ListStore as _, NewImport, PortError, PortResult, RulingKind,
    },
    service::Service,
    status,
};
use listsync_lists::{Profile, Reading as Reads, Source, read, take_in};
use listsync_testkit::sample::{contact, group, link};

use crate::{
    desk::{Desk, Reading, crowd, names},
    play,
    service::service,
};

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 3_600);

/// A receiver that can be told to fail.
#[derive(Clone)]
struct Receiver {
    name: &'static str,
    got: Arc<Mutex<Vec<Message>>>,
    fault: Arc<Mutex<Option<Fault>>>,
}

impl Receiver {
    fn new(name: &'static str) -> Self {
        Self { name, got: Arc::default(), fault: Arc::default() }
    }

    fn fails(&self, fault: Option<Fault>) {
        *self.fault.lock().unwrap() = fault;
    }

    /// What it got since this was last asked.
    fn taken(&self) -> Vec<Message> {
        std::mem::take(&mut *self.got.lock().unwrap())
    }

    fn kinds(&self) -> Vec<AlertKind> {
        self.taken().iter().map(|message| message.kind).collect()
    }
}

#[async_trait]
impl AlertChannel for Receiver {
    fn name(&self) -> &'static str {
        self.name
    }

    async fn send(&self, message: &Message, _now: Timestamp) -> PortResult<()> {
        // Another process may have its turn now.
        tokio::task::yield_now().await;
        if let Some(fault) = *self.fault.lock().unwrap() {
            return Err(PortError::new(fault, "injected", "it does not take it"));
        }
        self.got.lock().unwrap().push(message.clone());
        // It has it, and its answer is on the way.
        tokio::task::yield_now().await;
        Ok(())
    }
}

fn by(receivers: &[&Receiver]) -> Alerting {
    let channels = receivers.iter().map(|receiver| Arc::new((*receiver).clone()) as Arc<dyn AlertChannel>);
    Alerting { channels: channels.collect(), heartbeat: None }
}

impl Desk {
    async fn tell(&self, alerting: &Alerting) {
        alerts::tell(&service(self), alerting, later(self.clock.now(), MINUTE)).await.unwrap();
    }

    /// A minute passes, and the timer beats.
    async fn next_beat(&self, alerting: &Alerting) {
        self.clock.advance(MINUTE);
        self.tell(alerting).await;
    }
}

/// A list and a group of thirty, from which somebody took all but a few, and the run that met it.
async fn emptied() -> Desk {
    let staff = crowd('s', 30);
    let mut desk = Desk::settled(Reading::Incremental, &names(&staff)).await;
    for name in &staff[..25] {
        desk.group_removes(name);
    }
    desk.sync().await;
    desk.wait(Duration::from_secs(3_600)).await;
    desk
}

/// What a run did about opt-outs, and the message about them, if there was one.
async fn many_opt_out(desk: &mut Desk, who: &[String], alerting: &Alerting) -> (u64, Option<u64>, u64) {
    for name in who {
        desk.says(name, Decision::OptedOut).await;
    }
    let summary = desk.sync().await;
    desk.next_beat(alerting).await;
    let above = summary.opt_outs.above_share.map(|surge| surge.people);
    assert_eq!((summary.held.total(), summary.exit_code()), (0, 0), "nobody waits");
    (summary.opt_outs.carried_out, above, summary.group.removed)
}

#[test]
fn opt_outs_above_the_guards_share_are_carried_out_at_once_and_rung_for_once() {
    play(async {
        let staff = crowd('s', 30);
        let mut desk = Desk::settled(Reading::Incremental, &names(&staff)).await;
        let receiver = Receiver::new("webhook");
        let alerting = by(&[&receiver]);
        assert_eq!(many_opt_out(&mut desk, &staff[..6], &alerting).await, (6, None, 6));
        assert_eq!(receiver.kinds(), [], "six of thirty are a fifth");
        desk.clock.advance(Duration::from_secs(3_600));
        assert_eq!(many_opt_out(&mut desk, &staff[6..8], &alerting).await, (2, Some(8), 2));
        let told = receiver.taken();
        assert_eq!(told.len(), 1, "{told:?}");
        assert_eq!((told[0].kind, told[0].alerts[0].count), (AlertKind::OptOuts, 8));
        assert_eq!(told[0].alerts[0].link.as_ref(), Some(&desk.link));
        assert!(!format!("{told:?}").contains('@'), "{told:?}");
        desk.both_are(&names(&staff)[8..]).await;
        assert_eq!(many_opt_out(&mut desk, &staff[8..11], &alerting).await, (3, Some(11), 3));
        assert_eq!(receiver.kinds(), [], "others join the same");
        desk.wait(2 * DAY).await;
        desk.next_beat(&alerting).await;
        assert_eq!(receiver.kinds(), [], "nobody had to do anything, so nothing is taken back");
        assert_eq!(many_opt_out(&mut desk, &staff[11..21], &alerting).await, (10, Some(10), 10));
        assert_eq!(receiver.kinds(), [AlertKind::OptOuts]);
    });
}

#[test]
fn an_emptied_group_is_told_by_the_next_beat_once_and_once_more_when_it_is_over() {
    play(async {
        let mut desk = emptied().await;
        let receiver = Receiver::new("webhook");
        let alerting = by(&[&receiver]);
        desk.next_beat(&alerting).await;
        let told = receiver.taken();
        assert_eq!(told.len(), 1, "{told:?}");
        assert_eq!((told[0].kind, told[0].alerts[0].count), (AlertKind::Held, 25));
        assert_eq!(told[0].title, "'Staff': 25 changes wait for a decision");
        let text = format!("{told:?}");
        assert!(text.contains("listsync links approve") && !text.contains('@'), "{text}");
        for _ in 0..5 {
            desk.sync().await;
            desk.next_beat(&alerting).await;
        }
        assert_eq!(receiver.kinds(), [], "it is the same hold");
        let digest = desk.state().await.progress.hold.unwrap().digest;
        desk.rule(RulingKind::Approved, &digest).await;
        desk.next_beat(&alerting).await;
        assert_eq!(receiver.kinds(), [], "no run has done it yet");
        desk.sync().await;
        desk.wait(Duration::from_secs(3_600)).await;
        desk.next_beat(&alerting).await;
        assert_eq!(receiver.kinds(), [AlertKind::Recovered]);
        desk.next_beat(&alerting).await;
        assert_eq!(receiver.kinds(), []);
    });
}

#[test]
fn the_first_failure_is_told_and_what_a_person_pauses_or_removes_is_not() {
    play(async {
        let mut desk = Desk::settled(Reading::Incremental, &["ann", "bob"]).await;
        let receiver = Receiver::new("webhook");
        let alerting = by(&[&receiver]);
        desk.next_beat(&alerting).await;
        assert_eq!(receiver.kinds(), []);
        desk.directory.delete_group(&group("staff"));
        desk.sync().await;
        desk.next_beat(&alerting).await;
        let told = receiver.taken();
        assert_eq!((told.len(), told[0].kind), (1, AlertKind::Failing));
        assert!(!told[0].alerts[0].code.is_empty() && told[0].alerts[0].text.starts_with("failing since"));
        desk.edit(LinkEdit::Status(LinkStatus::Paused)).await;
        desk.next_beat(&alerting).await;
        assert_eq!(receiver.kinds(), [], "who paused it knows");
        desk.edit(LinkEdit::Status(LinkStatus::Active)).await;
        desk.sync().await;
        desk.next_beat(&alerting).await;
        assert_eq!(receiver.kinds(), [AlertKind::Failing], "it fails again");
        desk.store.delete(&desk.link).await.unwrap();
        desk.next_beat(&alerting).await;
        assert_eq!(receiver.kinds(), []);
    });
}

#[test]
fn a_file_that_waits_is_told_and_so_is_that_it_does_not_any_more() {
    play(async {
        let staff = crowd('s', 30);
        let desk = Desk::settled(Reading::Incremental, &names(&staff)).await;
        let receiver = Receiver::new("webhook");
        let alerting = by(&[&receiver]);
        let take_in = async |name: &str| {
            let file = NewImport::new(
                name,
                ImportMode::Full,
                vec![ImportRow::from(contact("s000"))],
                desk.clock.now(),
            );
            desk.store.import(&desk.list, &file).await.unwrap().import.id
        };
        let first = take_in("one.csv").await;
        desk.next_beat(&alerting).await;
        let second = take_in("two.csv").await;
        desk.next_beat(&alerting).await;
        let told = receiver.taken();
        assert_eq!(told.iter().map(|message| message.kind).collect::<Vec<_>>(), [AlertKind::ImportHeld; 2]);
        for (message, import) in told.iter().zip([&first, &second]) {
            assert!(message.alerts[0].advice.contains(import.as_str()), "{message:?}");
        }
        assert!(!format!("{told:?}").contains(".csv"), "the name of a file may be anybody's");
        desk.store.discard_import(&first).await.unwrap();
        desk.next_beat(&alerting).await;
        assert_eq!(receiver.kinds(), [AlertKind::Recovered]);
        desk.next_beat(&alerting).await;
        assert_eq!(receiver.kinds(), []);
    });
}

#[test]
fn of_processes_that_beat_at_once_one_tells() {
    play(async {
        let desk = emptied().await;
        let receiver = Receiver::new("webhook");
        let alerting = by(&[&receiver]);
        for _ in 0..3 {
            desk.clock.advance(MINUTE);
            futures::future::join_all((0..8).map(|_| desk.tell(&alerting))).await;
        }
        assert_eq!(receiver.kinds(), [AlertKind::Held]);
    });
}

#[test]
fn a_process_that_dies_while_it_sends_has_it_sent_again_under_the_same_id_by_the_next_beat() {
    play(async {
        let desk = emptied().await;
        let receiver = Receiver::new("webhook");
        let alerting = by(&[&receiver]);
        desk.clock.advance(MINUTE);
        {
            // It is dropped once the message has arrived, before that is written down.
            let mut telling = Box::pin(desk.tell(&alerting));
            while receiver.got.lock().unwrap().is_empty() {
                assert!(futures::poll!(&mut telling).is_pending());
                tokio::task::yield_now().await;
            }
        }
        let first = receiver.taken();
        desk.next_beat(&alerting).await;
        let again = receiver.taken();
        assert_eq!((again.len(), &again[0].id), (1, &first[0].id));
        desk.next_beat(&alerting).await;
        assert_eq!(receiver.kinds(), []);
    });
}

#[test]
fn a_receiver_that_is_away_is_tried_less_and_less_and_keeps_no_other_from_its_alert() {
    play(async {
        let desk = emptied().await;
        let (webhook, teams) = (Receiver::new("webhook"), Receiver::new("teams"));
        let alerting = by(&[&webhook, &teams]);
        webhook.fails(Some(Fault::Unavailable));
        desk.next_beat(&alerting).await;
        assert_eq!((webhook.kinds(), teams.kinds()), (vec![], vec![AlertKind::Held]));
        let known = alerts::channels(&service(&desk)).await.unwrap();
        let trouble = known.iter().find(|(name, _)| name == "webhook").unwrap().1.trouble.clone().unwrap();
        assert_eq!((trouble.code.as_str(), trouble.since, trouble.tries), ("injected", desk.clock.now(), 1));
        for _ in 0..10 {
            desk.next_beat(&alerting).await;
        }
        let known = alerts::channels(&service(&desk)).await.unwrap();
        let tries =
            known.iter().find(|(name, _)| name == "webhook").unwrap().1.trouble.as_ref().unwrap().tries;
        assert!((3..=5).contains(&tries), "{tries}");
        webhook.fails(None);
        for _ in 0..60 {
            desk.next_beat(&alerting).await;
        }
        assert_eq!((webhook.kinds(), teams.kinds()), (vec![AlertKind::Held], vec![]));
        let known = alerts::channels(&service(&desk)).await.unwrap();
        assert!(
            known.iter().all(|(_, state)| state.trouble.is_none() && state.sent_at.is_some()),
            "{known:?}"
        );
    });
}

#[test]
fn what_nobody_took_for_a_week_is_given_up() {
    play(async {
        let desk = emptied().await;
        let receiver = Receiver::new("webhook");
        let alerting = by(&[&receiver]);
        receiver.fails(Some(Fault::Rejected));
        desk.next_beat(&alerting).await;
        desk.clock.advance(8 * DAY);
        receiver.fails(None);
        desk.next_beat(&alerting).await;
        assert_eq!(receiver.kinds(), []);
    });
}

#[test]
fn an_outage_of_many_links_is_one_message() {
    play(async {
        let desk = Desk::settled(Reading::Incremental, &["ann"]).await;
        let receiver = Receiver::new("webhook");
        let alerting = by(&[&receiver]);
        for number in 0..300 {
            let list = desk.store.create_list(&format!("List {number}"), desk.clock.now()).await.unwrap().id;
            let link = link(&format!("link-{number}"), &list, &format!("group-{number}"));
            desk.store.create(&link, desk.clock.now()).await.unwrap();
            let edit = LinkEdit::Failing("nobody finished it".into());
            desk.store.edit(&link.id, &edit, desk.clock.now()).await.unwrap();
        }
        desk.next_beat(&alerting).await;
        let told = receiver.taken();
        assert_eq!((told.len(), told[0].alerts.len(), told[0].more), (1, 20, 280));
        assert_eq!(told[0].title, "300 links cannot be synced");
        desk.next_beat(&alerting).await;
        assert_eq!(receiver.kinds(), []);
    });
}

#[test]
fn a_sign_of_life_comes_each_week_and_the_first_after_one() {
    play(async {
        let desk = Desk::settled(Reading::Incremental, &["ann"]).await;
        let receiver = Receiver::new("webhook");
        let alerting = Alerting { heartbeat: Some(7 * DAY), ..by(&[&receiver]) };
        let mut weeks = Vec::new();
        for _ in 0..22 {
            desk.next_beat(&alerting).await;
            weeks.extend(receiver.kinds());
            desk.clock.advance(DAY);
        }
        assert_eq!(weeks, [AlertKind::Heartbeat; 3]);
        let never = by(&[&receiver]);
        desk.clock.advance(30 * DAY);
        desk.next_beat(&never).await;
        assert_eq!(receiver.kinds(), []);
    });
}

#[test]
fn a_test_that_somebody_asks_for_is_sent_by_every_channel_at_the_next_beat() {
    play(async {
        let desk = Desk::settled(Reading::Incremental, &["ann"]).await;
        let (webhook, teams) = (Receiver::new("webhook"), Receiver::new("teams"));
        alerts::ask_for_test(&service(&desk)).await.unwrap();
        desk.next_beat(&by(&[])).await;
        desk.next_beat(&by(&[&webhook, &teams])).await;
        desk.next_beat(&by(&[&webhook, &teams])).await;
        assert_eq!((webhook.kinds(), teams.kinds()), (vec![AlertKind::Test], vec![AlertKind::Test]));
        alerts::ask_for_test(&service(&desk)).await.unwrap();
        desk.next_beat(&by(&[&webhook, &teams])).await;
        assert_eq!((webhook.kinds(), teams.kinds()), (vec![AlertKind::Test], vec![AlertKind::Test]));
    });
}

#[test]
fn where_there_is_no_channel_nothing_is_taken_for_told() {
    play(async {
        let desk = emptied().await;
        let receiver = Receiver::new("webhook");
        desk.next_beat(&by(&[])).await;
        desk.next_beat(&by(&[&receiver])).await;
        assert_eq!(receiver.kinds(), [AlertKind::Held], "who sets one up hears what is wrong now");
    });
}

#[test]
fn a_claim_of_a_clock_that_ran_ahead_keeps_nobody_silent() {
    play(async {
        let desk = emptied().await;
        let receiver = Receiver::new("webhook");
        let alerting = by(&[&receiver]);
        let now = desk.clock.now();
        desk.clock.advance(300 * DAY);
        {
            let mut telling = Box::pin(desk.tell(&alerting));
            while receiver.got.lock().unwrap().is_empty() {
                assert!(futures::poll!(&mut telling).is_pending());
                tokio::task::yield_now().await;
            }
        }
        receiver.taken();
        desk.clock.set(now);
        desk.next_beat(&alerting).await;
        assert_eq!(receiver.kinds(), [AlertKind::Held]);
    });
}

#[test]
fn a_credential_that_ends_is_told_by_what_its_function_noted_and_so_is_that_it_was_renewed() {
    play(async {
        let desk = Desk::settled(Reading::Incremental, &["ann"]).await;
        let receiver = Receiver::new("webhook");
        let alerting = by(&[&receiver]);
        let (service, start) = (service(&desk), desk.clock.now());
        let notes = async |end: u32| {
            let expires = Some(later(start, DAY * end));
            let carried =
                Carried { writes: BTreeSet::new(), reads: BTreeSet::new(), expires, at: desk.clock.now() };
            let bytes = serde_json::to_vec(&carried).unwrap();
            service.seen.replace("credential/worker", &bytes, later(start, DAY * 90)).await.unwrap();
        };
        notes(40).await;
        let mut told = Vec::new();
        for day in 0..40 {
            desk.next_beat(&alerting).await;
            told.extend(receiver.kinds().into_iter().map(|kind| (kind, 40 - day)));
            desk.clock.advance(DAY - MINUTE);
        }
        assert_eq!(told, [30, 7, 1].map(|days| (AlertKind::CredentialExpiring, days)));
        notes(400).await;
        desk.next_beat(&alerting).await;
        let told = receiver.taken();
        assert_eq!((told.len(), told[0].kind), (1, AlertKind::Recovered));
        assert_eq!(told[0].title, "The credential for the directory was renewed");
    });
}

/// A file that names everybody comes.
async fn comes(service: &Service, desk: &Desk, file: &str) {
    let (now, profile) = (desk.clock.now(), Profile::generic());
    let today = now.to_zoned(TimeZone::UTC).date();
    let parsed = read(file.as_bytes(), Reads { profile: &profile, today }, |_| {}).unwrap();
    let source = Source { file: "staff.csv", mode: ImportMode::Full, at: now, given: &Lists::All };
    take_in(service, &desk.list, parsed, (source, Again::Skip)).await.unwrap();
}

#[test]
fn a_source_that_is_silent_is_told_once_and_once_more_when_it_is_heard_of_again() {
    play(async {
        let mut desk = Desk::settled(Reading::Incremental, &["ann", "bob"]).await;
        let receiver = Receiver::new("webhook");
        let alerting = by(&[&receiver]);
        let edit = ListEdit { expect_every: Some(Expect::Every(8 * DAY)), ..ListEdit::default() };
        let service = service(&desk);
        people::edit_list(&service, &desk.list, None, &edit).await.unwrap();
        let word = async |desk: &Desk| {
            let list = desk.store.find_list("Staff").await.unwrap().unwrap();
            let all = status::rows(&desk.ports).await.unwrap();
            let links = status::of_link(&desk.ports, &desk.state().await).await.unwrap().word();
            let own = status::of_lists(&desk.ports, vec![list]).await.unwrap().remove(0).state.word();
            (all[0].state.word(), status::exit_code(&all), links, own)
        };
        desk.wait(8 * DAY).await;
        desk.tell(&alerting).await;
        assert_eq!((receiver.kinds(), word(&desk).await.1), (vec![], 0), "not a moment too early");
        desk.next_beat(&alerting).await;
        assert_eq!(word(&desk).await, ("stale_source", 3, "stale_source", "stale_source"));
        let told = receiver.taken();
        assert_eq!((told.len(), told[0].kind), (1, AlertKind::StaleSource), "{told:?}");
        assert_eq!(told[0].title, "No file came for 'Staff'");
        desk.next_beat(&alerting).await;
        desk.wait(DAY).await;
        desk.next_beat(&alerting).await;
        assert_eq!(receiver.kinds(), [], "it is the same silence");
        desk.both_are(&["ann", "bob"]).await;
        let file = "email,name\nann@contoso.example,Ann\nbob@contoso.example,Bob\n";
        for _ in 0..2 {
            comes(&service, &desk, file).await;
            desk.sync().await;
            desk.next_beat(&alerting).await;
            assert_eq!(word(&desk).await.1, 0);
            assert_eq!(receiver.kinds(), [AlertKind::Recovered], "the same file once more counts, too");
            desk.wait(9 * DAY).await;
            desk.next_beat(&alerting).await;
            assert_eq!(receiver.kinds(), [AlertKind::StaleSource]);
        }
        desk.both_are(&["ann", "bob"]).await;
    });
}
