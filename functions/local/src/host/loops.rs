//! A step that is taken again and again, whatever becomes of it.

use std::time::Duration;

use listsync_engine::ports::{Fault, PortError, PortResult};
use listsync_http::Pulse;
use tokio::{sync::watch::Receiver, time::sleep};

use super::{Failures, stopped};
use crate::output;

/// A loop of the host.
pub(crate) struct Loop {
    /// What it is, for people.
    pub(crate) name: &'static str,
    /// How long it rests after a step that went well.
    pub(crate) every: Duration,
    /// Where it says that it looked.
    pub(crate) pulse: Pulse,
}

/// Takes the step until it is stopped, and says how often. A step that fails, or panics, is told and taken again after a
/// pause that grows with each failure: nothing that a step can run into ends the loop, as nobody would start it again.
pub(crate) async fn keep_going<F>(looping: &Loop, stop: Receiver<bool>, step: impl Fn() -> F) -> u64
where
    F: Future<Output = PortResult<()>> + Send + 'static,
{
    let (mut steps, mut failures) = (0, Failures::default());
    while !*stop.borrow() {
        // In a task of its own, so that a panic is a failure of the step.
        let done = tokio::spawn(step()).await.unwrap_or_else(|_| Err(broken(looping.name)));
        steps += 1;
        let rest = match done {
            Ok(()) => {
                looping.pulse.looked();
                failures.forget();
                looping.every
            }
            Err(error) => {
                output::note(&format!(
                    "{} {error}. {} It is tried again.",
                    output::yellow(&format!("the {}:", looping.name)),
                    error.hint
                ));
                failures.pause().min(looping.every)
            }
        };
        tokio::select! {
            () = sleep(rest) => {}
            () = stopped(&stop) => {}
        }
    }
    steps
}

fn broken(name: &str) -> PortError {
    PortError::new(Fault::Unavailable, "fault", format!("the {name} broke off by a fault of the program"))
        .with_hint("report this")
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    };

    use tokio::sync::watch;

    use super::*;

    #[tokio::test]
    async fn neither_a_failure_nor_a_panic_ends_a_loop_and_only_a_look_counts_as_one() {
        let (stop, stopped) = watch::channel(false);
        let every = Duration::from_millis(1);
        let looping = Loop { name: "timer", every, pulse: Pulse::new("timer", every) };
        let (taken, stop) = (Arc::new(AtomicU64::new(0)), Arc::new(stop));
        let steps = keep_going(&looping, stopped, || {
            let (number, stop) = (taken.fetch_add(1, Ordering::Relaxed), stop.clone());
            async move {
                match number {
                    0 => Err(PortError::new(Fault::Unavailable, "store_busy", "the store is busy")),
                    1 => panic!("a fault of the program"),
                    _ => {
                        stop.send_replace(true);
                        Ok(())
                    }
                }
            }
        });
        assert_eq!(steps.await, 3);
    }
}
