//! What is about the whole tenant: settings, keys, senders, notices, and who did what.

use axum::http::{HeaderMap, HeaderValue, header};
use listsync_engine::ports::PortError;

use super::{Asking, AuditQuery, NewKeyBody, Operation};
use crate::{
    ask::Named,
    documents::{
        alert::ChannelDocument,
        audit::AuditDocument,
        settings::{SettingsDocument, SettingsEdit, SettingsPatch},
        trust::{KeyDocument, NewKeyDocument, SourceDocument},
    },
    etag,
    page::{Page, PageQuery},
    problem::Problem,
    routes::{alerts, audit, keys, settings, sources},
    within::Within,
};

impl Asking {
    /// The settings in force.
    ///
    /// # Errors
    /// As `GET /v1/settings` has them.
    pub async fn settings(&self) -> Result<SettingsDocument, Problem> {
        self.ask(Operation::get("/v1/settings"), |app| async move { settings::in_force(&app).await }).await
    }

    /// Changes settings, where they are still those of this tag ([`tag_of`]).
    ///
    /// # Errors
    /// As `PATCH /v1/settings` has them.
    pub async fn change_settings(&self, patch: SettingsPatch, read: String) -> Result<SettingsEdit, Problem> {
        let work = |app: Within| async move {
            let tag =
                HeaderValue::from_str(&read).map_err(|_| Problem::from(PortError::settings_changed()))?;
            let headers = HeaderMap::from_iter([(header::IF_MATCH, tag)]);
            settings::changed(&app, patch, &etag::expected(&headers)?).await
        };
        self.ask(Operation::patch("/v1/settings"), work).await
    }

    /// Every key, without secrets.
    ///
    /// # Errors
    /// As `GET /v1/keys` has them.
    pub async fn keys(&self, page: PageQuery) -> Result<Page<KeyDocument>, Problem> {
        self.ask(Operation::get("/v1/keys"), |app| async move { keys::page_of(&app, &page).await }).await
    }

    /// Makes a key. Its secret is in this answer and nowhere else.
    ///
    /// # Errors
    /// As `POST /v1/keys` has them.
    pub async fn make_key(&self, new: NewKeyBody) -> Result<NewKeyDocument, Problem> {
        self.ask(Operation::post("/v1/keys"), |app| async move { keys::made(&app, new).await }).await
    }

    /// Revokes a key.
    ///
    /// # Errors
    /// As `DELETE /v1/keys/{key}` has them.
    pub async fn revoke_key(&self, key: String) -> Result<(), Problem> {
        let work = |app| async move { keys::revoke(app, Named([key])).await.map(drop) };
        self.ask(Operation::delete("/v1/keys/{key}"), work).await
    }

    /// Every sender of events, without secrets.
    ///
    /// # Errors
    /// As `GET /v1/sources` has them.
    pub async fn senders(&self) -> Result<Vec<SourceDocument>, Problem> {
        let work = |app: Within| async move {
            Ok(sources::every(&app).await?.into_iter().map(SourceDocument::of).collect())
        };
        self.ask(Operation::get("/v1/sources"), work).await
    }

    /// How each channel of alerts does that was used so far.
    ///
    /// # Errors
    /// As `GET /v1/alerts` has them.
    pub async fn notices(&self) -> Result<Vec<ChannelDocument>, Problem> {
        self.document(Operation::get("/v1/alerts"), alerts::channels).await
    }

    /// Has every channel send a test at the next beat of the timer.
    ///
    /// # Errors
    /// As `POST /v1/alerts/test` has them.
    pub async fn test_notices(&self) -> Result<(), Problem> {
        let work = |app| async move { alerts::test(app).await.map(drop) };
        self.ask(Operation::post("/v1/alerts/test"), work).await
    }

    /// Who did what, the newest first.
    ///
    /// # Errors
    /// As `GET /v1/audit` has them.
    pub async fn audit(&self, query: AuditQuery) -> Result<Page<AuditDocument>, Problem> {
        self.ask(Operation::get("/v1/audit"), |app| async move { audit::page_of(&app, query).await }).await
    }
}

/// What names settings as they were read, for whoever changes them.
#[must_use]
pub fn tag_of(settings: &SettingsDocument) -> String {
    etag::of(settings).to_str().unwrap_or_default().to_owned()
}
