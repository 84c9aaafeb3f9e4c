//! Telling people of trouble, and of its end, without being asked: each beat of the timer does it.
//!
//! A run tells nobody. It leaves behind how its link stands, and the next beat finds that: so a receiver that hangs keeps no
//! run waiting, a run that dies after its last write is told like any other, and whoever runs links needs neither the
//! secrets of the channels nor a way to them. What was told is kept for each link and file, so that each cause is told once.
//!
//! Of several processes that beat at once one tells: it holds a claim, and every note is written only in the place of what
//! was read. A process that dies between sending and writing that down has the same message sent again, under the same id,
//! once its claim is over.

mod book;
mod credential;
mod deliver;
mod letters;
mod subjects;

use std::{sync::Arc, time::Duration};

use futures::future::join_all;
use listsync_core::{
    Timestamp,
    alert::{Alert, AlertKind, Message},
    schedule::{SKEW, as_of, later},
};

use book::{Book, Page, Try};
pub use book::{ChannelState, Trouble};
pub use letters::Letters;

use crate::{
    ports::{AlertChannel, PortResult},
    service::Service,
};

/// So long a claim holds: longer than what is done under it, and shorter than two beats.
const CLAIM: Duration = Duration::from_secs(50);
/// So long one message may take.
const SENDING: Duration = Duration::from_secs(10);
/// So long all of them may, so that their claim outlives them.
const ALL_SENDING: Duration = Duration::from_secs(30);
/// How long a message is tried to be sent.
const KEPT: Duration = Duration::from_secs(7 * 24 * 3_600);

/// By which ways people are told, and how often that they work.
#[derive(Clone)]
pub struct Alerting {
    /// The ways.
    pub channels: Vec<Arc<dyn AlertChannel>>,
    /// How often a message is sent for no other reason than that its absence would show; none: never.
    pub heartbeat: Option<Duration>,
}

/// Tells what there is to be told, as far as that is done by then. Where there is no way to anybody it does nothing, and
/// nothing is remembered as told.
///
/// # Errors
/// When the store does not answer. What cannot be sent is kept with its channel, and tried again.
pub async fn tell(service: &Service, alerting: &Alerting, until: Timestamp) -> PortResult<()> {
    if alerting.channels.is_empty() {
        return Ok(());
    }
    let now = service.ports.clock.now();
    let names: Vec<&str> = alerting.channels.iter().map(|channel| channel.name()).collect();
    let mut book = Book::read(service, now).await?;
    book.keep_to(&names, now);
    subjects::take_in(service, &mut book, &names).await?;
    credential::take_in(service, &mut book, &names).await?;
    if let Some(every) = alerting.heartbeat {
        heartbeat(&mut book, every, &names);
    }
    if !book.has_news() && !deliver::is_due(&book, &names) {
        return Ok(());
    }
    if !book.claim(service).await? {
        return Ok(());
    }
    // What is to be told is saved before any of it is sent: whoever dies from here on leaves it to the next beat.
    book.save(service).await?;
    let sent = deliver::all(service, alerting, &book, until.min(later(now, ALL_SENDING))).await;
    book.take_sent(&sent, service.ports.clock.now());
    book.save(service).await?;
    book.release(service).await
}

/// Has a test be told by every channel at the next beat.
///
/// # Errors
/// When the store does not answer, or a beat is telling just now ([`crate::ports::Fault::Busy`]).
pub async fn ask_for_test(service: &Service) -> PortResult<()> {
    let now = service.ports.clock.now();
    let mut book = Book::read(service, now).await?;
    book.page("test", |page| page.add(test_alert(now), None));
    book.save(service).await?;
    if book.lost > 0 { Err(book::busy()) } else { Ok(()) }
}

/// Sends a test by every channel at once, and remembers how each did, as after any other message.
///
/// # Errors
/// When the store does not answer. What cannot be sent is an outcome.
pub async fn test(service: &Service, channels: &[Arc<dyn AlertChannel>]) -> PortResult<Vec<PortResult<()>>> {
    let now = service.ports.clock.now();
    let alert = (uuid::Uuid::now_v7().to_string(), test_alert(now));
    let Some(message) = Message::of(vec![alert]) else { return Ok(Vec::new()) };
    let sent = join_all(channels.iter().map(|channel| channel.send(&message, now))).await;
    let mut book = Book::read(service, now).await?;
    for (channel, outcome) in channels.iter().zip(&sent) {
        let channel = channel.name();
        book.take_try(Try { channel, has_sent: outcome.is_ok(), error: outcome.as_ref().err() }, now);
        book.rest_no_longer(channel);
    }
    // Where a beat wrote meanwhile, it knows better how the channel does.
    book.save(service).await?;
    Ok(sent)
}

fn test_alert(now: Timestamp) -> Alert {
    Alert::of_all(
        AlertKind::Test,
        "somebody asked for a test: the channel works".to_owned(),
        "nothing is to be done",
        now,
    )
}

/// How each channel did that was ever used, by name.
///
/// # Errors
/// When the store does not answer.
pub async fn channels(service: &Service) -> PortResult<Vec<(String, ChannelState)>> {
    let book = Book::read(service, service.ports.clock.now()).await?;
    Ok(book.channels().map(|(name, state)| (name.to_owned(), state.clone())).collect())
}

/// The first is due one interval after alerts were switched on. A moment further ahead than that was set under a clock that
/// ran ahead.
fn heartbeat(book: &mut Book, every: Duration, channels: &[&str]) {
    let now = book.now;
    match book.heartbeat_at.map(|due| as_of(due, now, every.saturating_add(SKEW))) {
        None => book.set_heartbeat(later(now, every)),
        Some(due) if due <= now => {
            let text = "this is the regular sign of life: while it comes, alerts do".to_owned();
            let alert =
                Alert::of_all(AlertKind::Heartbeat, text, "see how the lists stand: listsync status", now);
            book.page("heartbeat", |page: &mut Page| page.add(alert, Some(channels)));
            book.set_heartbeat(later(now, every));
        }
        Some(_) => {}
    }
}
