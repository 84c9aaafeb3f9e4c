//! A channel or chat of Microsoft Teams, by a workflow that starts "when a Teams webhook request is received".
//!
//! Its body is a message whose one attachment is an Adaptive Card ("Create incoming webhooks with Workflows for Microsoft
//! Teams"). The URL is all that a sender needs, so it is a secret.

use std::sync::Arc;

use async_trait::async_trait;
use listsync_core::{Timestamp, alert::Message};
use listsync_engine::ports::{AlertChannel, PortResult};
use reqwest::header::HeaderMap;
use serde_json::json;

use crate::{Poster, SecretText, card::card};

/// Messages to one workflow.
pub struct Teams {
    /// By what it is sent.
    pub poster: Arc<Poster>,
    /// Where.
    pub url: Arc<dyn SecretText>,
}

#[async_trait]
impl AlertChannel for Teams {
    fn name(&self) -> &'static str {
        "teams"
    }

    async fn send(&self, message: &Message, _now: Timestamp) -> PortResult<()> {
        let attachment = json!({
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": null,
            "content": card(message),
        });
        let body = json!({"type": "message", "attachments": [attachment]}).to_string();
        self.poster.post(&self.url.text().await?, HeaderMap::new(), body).await
    }
}
