use std::{collections::BTreeMap, time::Duration};

use async_trait::async_trait;
use listsync_core::{
    Timestamp,
    schedule::{LONGEST_DELAY, SKEW, as_of},
};
use listsync_engine::ports::{
    Clock as _, Delivery, Fault, Outgoing, PortError, PortResult, Queue, QueueState, Receipt,
};

use super::{MemoryStore, rejected};

/// How often a message is delivered at most; after that it is given up.
const RECEIVES: u32 = 5;

#[derive(Debug, Default)]
pub(super) struct Messages {
    next: u64,
    given_up: u64,
    waiting: BTreeMap<u64, Message>,
}

#[derive(Debug)]
struct Message {
    body: String,
    visible_at: Timestamp,
    receives: u32,
}

impl Messages {
    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }
}

fn later(now: Timestamp, by: Duration) -> Timestamp {
    now.checked_add(by).unwrap_or(Timestamp::MAX)
}

#[async_trait]
impl Queue for MemoryStore {
    async fn send(&self, messages: &[Outgoing]) -> Vec<PortResult<()>> {
        let now = self.clock.now();
        let mut state = self.lock();
        let put = |message: &Outgoing| {
            let body = serde_json::to_string(&message.trigger)
                .map_err(|error| PortError::new(Fault::Rejected, "not_json", error.to_string()))?;
            state.messages.next += 1;
            let number = state.messages.next;
            let message = Message { body, visible_at: later(now, message.delay), receives: 0 };
            state.messages.waiting.insert(number, message);
            Ok(())
        };
        messages.iter().map(put).collect()
    }

    async fn receive(&self, max: usize, visibility: Duration) -> PortResult<Vec<Delivery>> {
        let now = self.clock.now();
        let mut state = self.lock();
        let longest = visibility.max(LONGEST_DELAY) + SKEW;
        let is_visible = move |message: &Message| as_of(message.visible_at, now, longest) <= now;
        let before = state.messages.waiting.len();
        state.messages.waiting.retain(|_, message| !is_visible(message) || message.receives < RECEIVES);
        state.messages.given_up += (before - state.messages.waiting.len()) as u64;
        let visible = state.messages.waiting.iter_mut().filter(|(_, message)| is_visible(message));
        let take = |(number, message): (&u64, &mut Message)| {
            message.receives += 1;
            message.visible_at = later(now, visibility);
            let receipt = Receipt(format!("{number}-{}", message.receives));
            Delivery { body: message.body.clone(), receives: message.receives, receipt }
        };
        Ok(visible.take(max).map(take).collect())
    }

    async fn acknowledge(&self, receipt: &Receipt) -> PortResult<()> {
        let received = receipt.0.split_once('-');
        let received =
            received.and_then(|(number, receives)| Some((number.parse().ok()?, receives.parse().ok()?)));
        let (number, receives): (u64, u32) =
            received.ok_or_else(|| rejected("bad_receipt", "this is no receipt of this queue"))?;
        let waiting = &mut self.lock().messages.waiting;
        if waiting.get(&number).is_some_and(|message| message.receives == receives) {
            waiting.remove(&number);
        }
        Ok(())
    }

    async fn state(&self) -> PortResult<QueueState> {
        let (now, state) = (self.clock.now(), self.lock());
        let is_taken = |message: &&Message| message.receives > 0 && message.visible_at > now;
        let taken = state.messages.waiting.values().filter(is_taken).count();
        Ok(QueueState {
            waiting: (state.messages.waiting.len() - taken) as u64,
            taken: taken as u64,
            visibility: None,
            most_receives: Some(RECEIVES),
            given_up: Some(state.messages.given_up),
        })
    }
}
