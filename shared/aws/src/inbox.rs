//! The inbox of dropped files, in an S3 bucket.

use std::io::Write;

use async_trait::async_trait;
use aws_sdk_s3::{Client, operation::get_object::GetObjectOutput, primitives::ByteStream};
use listsync_core::Timestamp;
use listsync_engine::ports::{Fault, Fetched, Inbox, PortError, PortResult};

use crate::error;

const FETCH: &str = "read the dropped file";

/// The inbox in one bucket, where a path is an object's key. Clones share the client.
///
/// A function needs `GetObject` and `ListBucket`, without which a missing object is a refusal ("GetObject" in the S3 API
/// reference), and `PutObject` to lay files down.
#[derive(Debug, Clone)]
pub struct S3Inbox {
    client: Client,
    bucket: String,
}

impl S3Inbox {
    /// The inbox in this bucket.
    #[must_use]
    pub fn new(client: Client, bucket: impl Into<String>) -> Self {
        Self { client, bucket: bucket.into() }
    }
}

#[async_trait]
impl Inbox for S3Inbox {
    async fn fetch(&self, path: &str, most: u64, to: &mut (dyn Write + Send)) -> PortResult<Fetched> {
        let answer = match self.client.get_object().bucket(&self.bucket).key(path).send().await {
            Ok(answer) => answer,
            Err(failed) if failed.as_service_error().is_some_and(|error| error.is_no_such_key()) => {
                return Ok(Fetched::Gone);
            }
            Err(failed) => return Err(error::port(FETCH, &failed)),
        };
        let bytes = answer.content_length.and_then(|bytes| u64::try_from(bytes).ok());
        let bytes = bytes.ok_or_else(|| broken("AWS did not say how large it is"))?;
        if bytes > most {
            return Ok(Fetched::TooLarge { bytes });
        }
        let at = dropped_at(&answer)?;
        copy(answer.body, to).await?;
        Ok(Fetched::Whole { at })
    }

    async fn lay_down(&self, path: &str, kind: &str, content: Vec<u8>) -> PortResult<()> {
        let put = self.client.put_object().bucket(&self.bucket).key(path).content_type(kind);
        let sent = put.body(ByteStream::from(content)).send().await;
        sent.map(drop).map_err(|failed| error::port("lay the file down", &failed))
    }
}

fn dropped_at(answer: &GetObjectOutput) -> PortResult<Timestamp> {
    let at = answer.last_modified.and_then(|at| Timestamp::from_second(at.secs()).ok());
    at.ok_or_else(|| broken("AWS did not say when it was dropped"))
}

async fn copy(mut body: ByteStream, to: &mut (dyn Write + Send)) -> PortResult<()> {
    while let Some(piece) = body.next().await {
        let piece = piece.map_err(|_| broken("it broke off"))?;
        to.write_all(&piece).map_err(|_| broken("there is no room for it"))?;
    }
    Ok(())
}

fn broken(why: &str) -> PortError {
    PortError::new(Fault::Unavailable, "inbox_read", format!("could not {FETCH}: {why}"))
}
