//! Alerts by mail, whatever service sends it.

use std::sync::Arc;

use async_trait::async_trait;
use listsync_core::{
    Timestamp,
    alert::{Envelope, Letter, Message},
};

use crate::ports::{AlertChannel, Mailer, PortResult};

/// Letters to the same people.
pub struct Letters {
    /// By what they are sent.
    pub mailer: Arc<dyn Mailer>,
    /// From whom, and to whom.
    pub envelope: Envelope,
}

#[async_trait]
impl AlertChannel for Letters {
    fn name(&self) -> &'static str {
        "mail"
    }

    async fn send(&self, message: &Message, now: Timestamp) -> PortResult<()> {
        self.mailer.mail(&self.envelope, &Letter::of(message), now).await
    }
}
