//! Requests under way, several at a time, and their answers in the order of their arrival.

use std::{collections::VecDeque, pin::pin};

use futures::{StreamExt as _, future::BoxFuture, stream::FuturesUnordered};

/// Requests under way. One that was begun is to be heard: dropped, it may still take effect, and nobody knows when.
pub(super) struct Flight<'f, T> {
    under_way: FuturesUnordered<BoxFuture<'f, T>>,
    arrived: VecDeque<T>,
}

impl<'f, T> Flight<'f, T> {
    pub(super) fn new() -> Self {
        Self { under_way: FuturesUnordered::new(), arrived: VecDeque::new() }
    }

    /// How many are under way, or were answered and not heard yet.
    pub(super) fn len(&self) -> usize {
        self.under_way.len() + self.arrived.len()
    }

    pub(super) fn begin(&mut self, request: impl Future<Output = T> + Send + 'f) {
        self.under_way.push(Box::pin(request));
    }

    /// An answer that is there.
    pub(super) fn heard(&mut self) -> Option<T> {
        self.arrived.pop_front()
    }

    /// Waits for an answer, unless one is there or none is to come.
    pub(super) async fn wait(&mut self) {
        if self.arrived.is_empty() {
            self.arrived.extend(self.under_way.next().await);
        }
    }

    /// Does something else while they go on.
    pub(super) async fn beside<D>(&mut self, doing: impl Future<Output = D>) -> D {
        let mut doing = pin!(doing);
        loop {
            tokio::select! {
                biased;
                Some(answer) = self.under_way.next() => self.arrived.push_back(answer),
                done = &mut doing => return done,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_arrives_while_something_else_is_done_is_heard_in_its_order() {
        let mut flight = Flight::new();
        for number in [3_u32, 1, 2] {
            flight.begin(async move {
                for _ in 0..number {
                    tokio::task::yield_now().await;
                }
                number
            });
        }
        assert_eq!(flight.len(), 3);
        let patient = async {
            for _ in 0..20 {
                tokio::task::yield_now().await;
            }
            "done"
        };
        assert_eq!(flight.beside(patient).await, "done");
        assert_eq!(flight.len(), 3, "an answer that nobody heard keeps its place");
        let mut heard = Vec::new();
        while let Some(number) = flight.heard() {
            heard.push(number);
        }
        assert_eq!(heard, [1, 2, 3]);
        flight.wait().await;
        assert_eq!(flight.heard(), None, "none is to come");
    }
}
