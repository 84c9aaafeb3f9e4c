//! Reads sent as parts of batches: each part is throttled and fails on its own.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use listsync_engine::ports::{Call, PortResult};
use serde_json::Value;

use crate::{
    answer::Answer,
    ask::{Ask, Effect, part_id},
    deed::Deed,
    retry::{self, Next, Tries},
    send::{Failed, Sender},
};

/// The most parts of one batch.
pub(crate) const PARTS: usize = 20;

/// What a round of a batch calls for before the next one.
#[derive(Debug, Default)]
pub(crate) struct Wait {
    close: Option<Duration>,
    pause: Option<Duration>,
}

impl Wait {
    /// Takes in what one part calls for; the longest of each counts.
    pub(crate) fn note(&mut self, next: Next) {
        match next {
            Next::Close(span) => self.close = self.close.max(Some(span)),
            Next::Again(span) => self.pause = self.pause.max(Some(span)),
            Next::NewToken | Next::Take | Next::GiveUp => {}
        }
    }
}

impl Sender {
    /// Sends at most [`PARTS`] requests as one. One answer each, in order; none where the service left one out.
    pub(crate) async fn batch(
        &self,
        call: Call<'_>,
        asks: &[Ask],
        deed: &Deed,
    ) -> Result<Vec<Option<Answer>>, Failed> {
        let answer = self.send(call, &Ask::batch(asks), deed).await?;
        let earlier = answer.earlier;
        if !answer.is_success() {
            return Err(Failed { error: deed.refused(&answer), earlier });
        }
        let parts = answer.body.get("responses").and_then(Value::as_array).cloned().unwrap_or_default();
        let now = answer.date.unwrap_or_else(|| self.now());
        let mut answers: BTreeMap<String, Answer> = parts
            .iter()
            .filter_map(|part| Answer::read_part(part, now))
            .inspect(|(_, part)| call.meter.note(part.strain()))
            .map(|(id, part)| (id, Answer { earlier, ..part }))
            .collect();
        Ok((0..asks.len()).map(|index| answers.remove(&part_id(index))).collect())
    }

    /// Reads any number of things, twenty in one request. The first refusal is the answer to all.
    pub(crate) async fn read_parts(
        &self,
        call: Call<'_>,
        asks: &[Ask],
        deed: &Deed,
    ) -> PortResult<Vec<Answer>> {
        let mut answers: Vec<Option<Answer>> = vec![None; asks.len()];
        let mut tries = vec![Tries::default(); asks.len()];
        let mut waiting: VecDeque<usize> = (0..asks.len()).collect();
        while !waiting.is_empty() {
            let now: Vec<usize> = waiting.drain(..waiting.len().min(PARTS)).collect();
            let sent: Vec<Ask> = now.iter().map(|index| asks[*index].clone()).collect();
            let mut wait = Wait::default();
            for (index, answer) in now.into_iter().zip(self.batch(call, &sent, deed).await?) {
                let next = retry::next(answer.as_ref(), tries[index]);
                wait.note(next);
                match (next, answer) {
                    (Next::Again(_), _) => tries[index].failures += 1,
                    (Next::Close(_), _) => tries[index].throttles += 1,
                    (_, Some(answer)) if answer.is_success() => {
                        answers[index] = Some(answer);
                        continue;
                    }
                    (_, Some(answer)) => return Err(deed.refused(&answer)),
                    (_, None) => return Err(deed.unreadable("a part of the batch")),
                }
                waiting.push_back(index);
            }
            self.keep(call, Effect::Read, wait).await?;
        }
        Ok(answers.into_iter().flatten().collect())
    }

    /// At most [`PARTS`] reads in one request, each refusal an answer of its own.
    pub(crate) async fn each_part(
        &self,
        call: Call<'_>,
        asks: &[Ask],
        deed: &Deed,
    ) -> PortResult<Vec<Answer>> {
        let mut answers: Vec<Option<Answer>> = vec![None; asks.len()];
        let mut tries = vec![Tries::default(); asks.len()];
        let mut waiting: Vec<usize> = (0..asks.len()).collect();
        while !waiting.is_empty() {
            let sent: Vec<Ask> = waiting.iter().map(|index| asks[*index].clone()).collect();
            let mut wait = Wait::default();
            let mut again = Vec::new();
            for (index, answer) in waiting.into_iter().zip(self.batch(call, &sent, deed).await?) {
                let next = retry::next(answer.as_ref(), tries[index]);
                match next {
                    Next::Again(_) => tries[index].failures += 1,
                    Next::Close(_) => tries[index].throttles += 1,
                    Next::Take | Next::NewToken | Next::GiveUp => {
                        answers[index] = Some(answer.ok_or_else(|| deed.unreadable("a part of the batch"))?);
                        continue;
                    }
                }
                wait.note(next);
                again.push(index);
            }
            waiting = again;
            self.keep(call, Effect::Read, wait).await?;
        }
        Ok(answers.into_iter().flatten().collect())
    }

    /// Closes the gate, or pauses, as a round called for.
    pub(crate) async fn keep(&self, call: Call<'_>, effect: Effect, wait: Wait) -> PortResult<()> {
        if let Some(span) = wait.close {
            self.throttle.close(span, effect.refused()).await?;
        } else if let Some(span) = wait.pause {
            self.pause(call, effect, span).await?;
        }
        Ok(())
    }
}
