//! A body that comes in time, or breaks off.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use axum::body::{Bytes, HttpBody};
use hyper::body::{Frame, Incoming, SizeHint};
use tokio::time::{Instant, Sleep, sleep_until};

use super::bounds::BodyTime;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A body whose parts, and whose end, have to come in time.
pub(super) struct Bounded {
    body: Incoming,
    time: BodyTime,
    /// When it has to be over.
    end: Instant,
    /// When the next part has to be there; set when somebody waits for it.
    next: Option<Pin<Box<Sleep>>>,
}

impl Bounded {
    pub(super) fn new(body: Incoming, time: BodyTime) -> Self {
        Self { body, time, end: Instant::now() + time.whole, next: None }
    }
}

impl HttpBody for Bounded {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = self.get_mut();
        if let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(context) {
            this.next = None;
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        let (time, end) = (this.time, this.end);
        let next =
            this.next.get_or_insert_with(|| Box::pin(sleep_until((Instant::now() + time.between).min(end))));
        match next.as_mut().poll(context) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(()) => Poll::Ready(Some(Err(Box::new(late())))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

fn late() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "the body did not come in its time")
}
