//! Whether the queue is there and as a deployment needs it, for `listsync doctor`.

use std::time::Duration;

use listsync_engine::ports::QueueState;
use listsync_wiring::Wired;

use super::doctor::{Check, State};

const NAME: &str = "queue";
/// Six times as long as a worker function may take by the template, as AWS advises for event sources ("Configuring a queue to
/// use with Lambda" in the AWS Lambda developer guide). A message that is visible earlier is run twice at a time.
const LEAST_VISIBILITY: Duration = Duration::from_secs(6 * 300);

pub(super) async fn check(wired: &Wired) -> Check {
    match wired.ports.queue.state().await {
        Ok(state) => told(&state, wired.most_receives),
        Err(error) => Check::failed(NAME, error),
    }
}

/// The first that is amiss, the worst first.
fn told(state: &QueueState, known_receives: u32) -> Check {
    let warn = |message: String, hint: &str| Check::new(NAME, State::Warn, message, hint);
    match *state {
        QueueState { given_up: Some(count @ 1..), .. } => warn(
            format!("{count} messages were given up"),
            "'listsync links ls' shows which link fails and why; put that right, and the timer sends it again by itself. \
             Then the messages that were given up can be purged",
        ),
        QueueState { most_receives: None, .. } => warn(
            "what cannot be handled is never put aside, and comes again until its time is over".to_owned(),
            "give the queue a dead-letter queue, as infra/template.yaml does",
        ),
        QueueState { most_receives: Some(most), .. } if most != known_receives => warn(
            format!(
                "it gives a message up after {most} receives, and LISTSYNC_MAX_RECEIVES says {known_receives}"
            ),
            "set LISTSYNC_MAX_RECEIVES to the maxReceiveCount of the queue's redrive policy",
        ),
        QueueState { visibility: Some(hidden), .. } if hidden < LEAST_VISIBILITY => warn(
            format!("a message that a function takes is visible again after {} s", hidden.as_secs()),
            "set the queue's visibility timeout to 1800 s, six times a worker's time",
        ),
        QueueState { given_up: None, .. } => warn(
            format!("{}; how many were given up cannot be seen", numbers(state)),
            "allow sqs:GetQueueUrl and sqs:GetQueueAttributes on the dead-letter queue",
        ),
        QueueState { .. } => Check::ok(NAME, format!("{}, none was given up", numbers(state))),
    }
}

fn numbers(QueueState { waiting, taken, .. }: &QueueState) -> String {
    format!("{waiting} messages wait, {taken} are being handled")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state() -> QueueState {
        QueueState {
            waiting: 2,
            taken: 1,
            visibility: Some(LEAST_VISIBILITY),
            most_receives: Some(5),
            given_up: Some(0),
        }
    }

    #[test]
    fn a_queue_as_the_template_makes_it_is_well() {
        let check = told(&state(), 5);
        assert_eq!((check.state, check.hint.as_str()), (State::Ok, ""));
        assert!(check.message.contains("2 messages wait, 1 are being handled"), "{}", check.message);
        assert_eq!(told(&QueueState { visibility: None, ..state() }, 5).state, State::Ok);
    }

    #[test]
    fn whatever_is_amiss_is_a_warning_that_says_what_to_do() {
        let second = Duration::from_secs(1);
        for (odd, said) in [
            (QueueState { given_up: Some(3), ..state() }, "3 messages were given up"),
            (QueueState { given_up: None, ..state() }, "cannot be seen"),
            (QueueState { most_receives: None, given_up: None, ..state() }, "never put aside"),
            (QueueState { most_receives: Some(6), ..state() }, "LISTSYNC_MAX_RECEIVES says 5"),
            (QueueState { visibility: Some(LEAST_VISIBILITY - second), ..state() }, "after 1799 s"),
        ] {
            let check = told(&odd, 5);
            assert_eq!(check.state, State::Warn, "{odd:?}");
            assert!(check.message.contains(said) && !check.hint.is_empty(), "{odd:?}: {}", check.message);
        }
    }
}
