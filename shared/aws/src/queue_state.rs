//! How an SQS queue stands, by what the service says of it.

use std::{collections::HashMap, time::Duration};

use aws_sdk_sqs::{Client, types::QueueAttributeName as Name};
use listsync_engine::ports::{PortResult, QueueState};
use serde::{Deserialize, Deserializer, de};

use crate::error;

/// By the counts of the service, which are approximate. Who may not look at the dead letters is told of the queue itself.
pub(crate) async fn of(client: &Client, url: &str) -> PortResult<QueueState> {
    let attributes = attributes(client, url).await?;
    let redrive = attributes.redrive();
    let given_up = match &redrive {
        Some(redrive) => dead_letters(client, &redrive.dead_letters).await.ok(),
        None => None,
    };
    Ok(QueueState {
        waiting: attributes.count(&Name::ApproximateNumberOfMessages)
            + attributes.count(&Name::ApproximateNumberOfMessagesDelayed),
        taken: attributes.count(&Name::ApproximateNumberOfMessagesNotVisible),
        visibility: Some(Duration::from_secs(attributes.count(&Name::VisibilityTimeout))),
        most_receives: redrive.map(|redrive| redrive.most_receives),
        given_up,
    })
}

/// What the service says of a queue, by the names of its API.
struct Attributes(HashMap<Name, String>);

/// Where what is given up goes (`RedrivePolicy`, "SetQueueAttributes" of the Amazon SQS API reference).
#[derive(Deserialize)]
struct Redrive {
    /// The ARN of the dead-letter queue.
    #[serde(rename = "deadLetterTargetArn")]
    dead_letters: String,
    #[serde(rename = "maxReceiveCount", deserialize_with = "number_or_text")]
    most_receives: u32,
}

/// Templates write the number as one, and other tools as text.
fn number_or_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    let number = value.as_u64().or_else(|| value.as_str()?.parse().ok());
    number.and_then(|number| u32::try_from(number).ok()).ok_or_else(|| de::Error::custom("no number"))
}

impl Attributes {
    fn count(&self, name: &Name) -> u64 {
        self.0.get(name).and_then(|text| text.parse().ok()).unwrap_or_default()
    }

    fn redrive(&self) -> Option<Redrive> {
        serde_json::from_str(self.0.get(&Name::RedrivePolicy)?).ok()
    }
}

async fn attributes(client: &Client, url: &str) -> PortResult<Attributes> {
    let asked = client.get_queue_attributes().queue_url(url).attribute_names(Name::All);
    let answer = asked.send().await.map_err(|failed| error::port("look at the queue", &failed))?;
    Ok(Attributes(answer.attributes.unwrap_or_default()))
}

/// How many messages lie in the queue of this ARN, whose last two parts are the account and the name.
async fn dead_letters(client: &Client, arn: &str) -> PortResult<u64> {
    const DOING: &str = "look at the dead letters";
    let mut parts = arn.rsplit(':');
    let (Some(name), Some(account)) = (parts.next(), parts.next()) else {
        return Err(error::malformed(DOING));
    };
    let found = client.get_queue_url().queue_name(name).queue_owner_aws_account_id(account).send();
    let found = found.await.map_err(|failed| error::port(DOING, &failed))?;
    let url = found.queue_url.ok_or_else(|| error::malformed(DOING))?;
    Ok(attributes(client, &url).await?.count(&Name::ApproximateNumberOfMessages))
}
