//! Runs: what they did, to whom, and taking it back.

use listsync_core::summary::Summary;

use super::{Asking, Operation, RunsQuery};
use crate::{
    ask::Named,
    documents::{
        effects::EffectDocument,
        summary::SummaryDocument,
        undo::{UndoDocument, UndoneDocument},
    },
    page::{Page, PageQuery},
    problem::Problem,
    routes::{runs, undo},
    within::Within,
};

impl Asking {
    /// The summaries of finished runs, newest first.
    ///
    /// # Errors
    /// As `GET /v1/runs` has them.
    pub async fn runs(&self, query: RunsQuery) -> Result<Page<Summary>, Problem> {
        let work = |app: Within| async move { runs::page_of(&app, &query).await };
        self.ask(Operation::get("/v1/runs"), work).await
    }

    /// One summary.
    ///
    /// # Errors
    /// As `GET /v1/runs/{run}` has them.
    pub async fn run(&self, run: String) -> Result<SummaryDocument, Problem> {
        self.document(Operation::get("/v1/runs/{run}"), |app| runs::one(app, Named([run]))).await
    }

    /// Whom a run added and removed, by page.
    ///
    /// # Errors
    /// As `GET /v1/runs/{run}/members` has them.
    pub async fn effects(&self, run: String, page: PageQuery) -> Result<Page<EffectDocument>, Problem> {
        let work = |app: Within| async move { runs::effects_of(&app, &run, &page).await };
        self.ask(Operation::get("/v1/runs/{run}/members"), work).await
    }

    /// What failed in a run, as CSV.
    ///
    /// # Errors
    /// As `GET /v1/runs/{run}/failures.csv` has them.
    pub async fn failures(&self, run: String) -> Result<String, Problem> {
        let work = |app: Within| async move { runs::failures_of(&app, &run).await };
        self.ask(Operation::get("/v1/runs/{run}/failures.csv"), work).await
    }

    /// What would take a run back.
    ///
    /// # Errors
    /// As `GET /v1/runs/{run}/undo` has them.
    pub async fn undo_of(&self, run: String) -> Result<UndoDocument, Problem> {
        self.document(Operation::get("/v1/runs/{run}/undo"), |app| undo::plan(app, Named([run]))).await
    }

    /// Takes a run back, where it is still what the digest is of.
    ///
    /// # Errors
    /// As `POST /v1/runs/{run}/undo` has them.
    pub async fn undo(&self, run: String, digest: String) -> Result<UndoneDocument, Problem> {
        let work = |app: Within| async move { undo::taken_back(&app, &run, &digest).await };
        self.ask(Operation::post("/v1/runs/{run}/undo"), work).await
    }
}
