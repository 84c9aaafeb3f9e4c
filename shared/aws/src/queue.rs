//! The queue between timer and worker, on SQS: a standard queue, where the link is the message group, so that one busy
//! link does not keep others waiting ("Amazon SQS fair queues" in the developer guide).

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_sqs::{
    Client,
    types::{MessageSystemAttributeName, SendMessageBatchRequestEntry},
};
use futures::{StreamExt as _, stream};
use listsync_engine::ports::{Delivery, Fault, Outgoing, PortError, PortResult, Queue, QueueState, Receipt};

use crate::{error, queue_state, table::Patience};

/// How many messages one request may carry.
const BATCH: usize = 10;
/// The longest that SQS keeps a message invisible at first.
const LONGEST_DELAY: Duration = Duration::from_secs(900);
/// The longest that SQS waits for a message, and that it hides one.
const LONGEST_WAIT: Duration = Duration::from_secs(20);
const LONGEST_VISIBILITY: Duration = Duration::from_secs(12 * 3_600);
/// How many requests are under way at a time.
const AT_ONCE: usize = 8;
/// How often an entry is sent that SQS could not take.
const TRIES: usize = 3;

const SEND: &str = "send the messages";

/// The queue at one address. Clones share the client.
#[derive(Debug, Clone)]
pub struct SqsQueue {
    client: Client,
    url: String,
    wait: Duration,
}

impl SqsQueue {
    /// The queue at this address. A look at an empty queue waits a second: SQS asks only some of its servers where it
    /// is not to wait.
    #[must_use]
    pub fn new(client: Client, url: impl Into<String>) -> Self {
        Self { client, url: url.into(), wait: Duration::from_secs(1) }
    }

    /// The same, which waits so long for a first message: 20 seconds at most.
    #[must_use]
    pub fn with_wait(mut self, wait: Duration) -> Self {
        self.wait = wait.min(LONGEST_WAIT);
        self
    }

    /// Sends up to ten messages; one answer each.
    async fn send_batch(&self, messages: &[Outgoing]) -> Vec<PortResult<()>> {
        let mut answers: Vec<PortResult<()>> = vec![Err(unsent("no_answer")); messages.len()];
        let mut left: Vec<usize> = (0..messages.len()).collect();
        let mut patience = Patience::new(SEND);
        for _ in 0..TRIES {
            left = self.try_to_send(messages, &left, &mut answers).await;
            if left.is_empty() || patience.wait().await.is_err() {
                break;
            }
        }
        answers
    }

    /// Sends these; gives those that may go through another time.
    async fn try_to_send(
        &self,
        messages: &[Outgoing],
        wanted: &[usize],
        answers: &mut [PortResult<()>],
    ) -> Vec<usize> {
        let entries: Result<Vec<_>, PortError> =
            wanted.iter().map(|number| entry(*number, &messages[*number])).collect();
        let entries = match entries {
            Ok(entries) => entries,
            Err(failed) => {
                wanted.iter().for_each(|number| answers[*number] = Err(failed.clone()));
                return Vec::new();
            }
        };
        let sent =
            self.client.send_message_batch().queue_url(&self.url).set_entries(Some(entries)).send().await;
        let answer = match sent {
            Ok(answer) => answer,
            Err(failed) => {
                // The client has tried again where that could help.
                let failed = error::port(SEND, &failed);
                wanted.iter().for_each(|number| answers[*number] = Err(failed.clone()));
                return Vec::new();
            }
        };
        for entry in &answer.successful {
            if let Some(slot) = number(&entry.id).and_then(|number| answers.get_mut(number)) {
                *slot = Ok(());
            }
        }
        let mut again = Vec::new();
        for entry in &answer.failed {
            let Some(number) = number(&entry.id).filter(|number| *number < answers.len()) else { continue };
            let mut failed = unsent(&entry.code);
            if entry.sender_fault {
                failed.fault = Fault::Rejected;
            } else {
                again.push(number);
            }
            answers[number] = Err(failed);
        }
        again
    }

    /// One request; it waits for a first message no longer than `wait`.
    async fn receive_some(
        &self,
        max: usize,
        (visibility, wait): (Duration, Duration),
    ) -> PortResult<Vec<Delivery>> {
        let answer = self
            .client
            .receive_message()
            .queue_url(&self.url)
            .max_number_of_messages(i32::try_from(max.clamp(1, BATCH)).unwrap_or(1))
            .visibility_timeout(seconds(visibility.min(LONGEST_VISIBILITY)))
            .wait_time_seconds(seconds(wait))
            .message_system_attribute_names(MessageSystemAttributeName::ApproximateReceiveCount)
            .send()
            .await
            .map_err(|failed| error::port("receive messages", &failed))?;
        Ok(answer.messages.unwrap_or_default().into_iter().filter_map(delivery).collect())
    }
}

#[async_trait]
impl Queue for SqsQueue {
    /// Sends messages, ten a request, several requests at a time. A delay of more than 15 minutes becomes 15 minutes.
    async fn send(&self, messages: &[Outgoing]) -> Vec<PortResult<()>> {
        let batches: Vec<_> = messages.chunks(BATCH).map(|batch| self.send_batch(batch)).collect();
        let answers: Vec<Vec<PortResult<()>>> = stream::iter(batches).buffered(AT_ONCE).collect().await;
        answers.into_iter().flatten().collect()
    }

    async fn receive(&self, max: usize, visibility: Duration) -> PortResult<Vec<Delivery>> {
        let mut all = Vec::new();
        let mut wait = self.wait;
        while all.len() < max {
            let some = self.receive_some(max - all.len(), (visibility, wait)).await;
            let some = match some {
                // What was received is the caller's, whatever comes after.
                Err(failed) if all.is_empty() => return Err(failed),
                Err(_) => break,
                Ok(some) => some,
            };
            let is_last = some.len() < BATCH;
            all.extend(some);
            if is_last {
                break;
            }
            wait = Duration::ZERO;
        }
        Ok(all)
    }

    async fn acknowledge(&self, receipt: &Receipt) -> PortResult<()> {
        let sent = self.client.delete_message().queue_url(&self.url).receipt_handle(&receipt.0).send().await;
        match sent {
            Ok(_) => Ok(()),
            // SQS does not know a receipt any more once its message is gone.
            Err(failed) if is_spent(&failed) => Ok(()),
            Err(failed) => Err(error::port("acknowledge the message", &failed)),
        }
    }

    async fn state(&self) -> PortResult<QueueState> {
        queue_state::of(&self.client, &self.url).await
    }
}

fn is_spent(
    failed: &aws_sdk_sqs::error::SdkError<aws_sdk_sqs::operation::delete_message::DeleteMessageError>,
) -> bool {
    failed.as_service_error().is_some_and(|service| service.is_receipt_handle_is_invalid())
}

fn entry(number: usize, message: &Outgoing) -> PortResult<SendMessageBatchRequestEntry> {
    let body = serde_json::to_string(&message.trigger).map_err(|_| error::malformed(SEND))?;
    SendMessageBatchRequestEntry::builder()
        .id(number.to_string())
        .message_body(body)
        .message_group_id(message.trigger.link.as_str())
        .delay_seconds(seconds(message.delay.min(LONGEST_DELAY)))
        .build()
        .map_err(|_| error::malformed(SEND))
}

fn number(id: &str) -> Option<usize> {
    id.parse().ok()
}

fn unsent(code: &str) -> PortError {
    PortError::new(Fault::Unavailable, code, format!("could not send the message: the queue answered {code}"))
}

/// Whole seconds, and never fewer than were asked for.
fn seconds(time: Duration) -> i32 {
    let whole = time.as_secs() + u64::from(time.subsec_nanos() > 0);
    i32::try_from(whole).unwrap_or(i32::MAX)
}

fn delivery(message: aws_sdk_sqs::types::Message) -> Option<Delivery> {
    let receives = message
        .attributes
        .as_ref()
        .and_then(|attributes| attributes.get(&MessageSystemAttributeName::ApproximateReceiveCount))
        .and_then(|count| count.parse().ok());
    Some(Delivery {
        body: message.body.unwrap_or_default(),
        receives: receives.unwrap_or(1),
        receipt: Receipt(message.receipt_handle?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use listsync_core::{
        id::LinkId,
        trigger::{Generation, Reason, Trigger},
    };

    #[test]
    fn a_delay_is_whole_seconds_and_at_most_fifteen_minutes() {
        assert_eq!(seconds(Duration::from_millis(1)), 1);
        let link = LinkId::parse("link-1").expect("an id");
        let trigger = Trigger::new(link, Reason::Schedule, Generation(1));
        let entry = entry(3, &Outgoing { trigger, delay: Duration::from_secs(5_000) }).expect("an entry");
        assert_eq!((entry.delay_seconds, entry.id.as_str()), (Some(900), "3"));
        assert_eq!(entry.message_group_id.as_deref(), Some("link-1"));
    }
}
