//! Links, their runs on demand, and what they hold.

use listsync_core::plan::Plan;
use listsync_engine::ports::RulingKind;

use super::{Asking, NewLinkBody, Operation};
use crate::{
    ask::{Asked, Named, Told},
    documents::{
        group::GroupsDocument,
        link::{LinkChange, LinkDocument},
    },
    problem::Problem,
    routes::{
        groups::{self, GroupsQuery},
        holds, links, syncs,
    },
    within::Within,
};

impl Asking {
    /// Links a list and a group.
    ///
    /// # Errors
    /// As `POST /v1/links` has them.
    pub async fn link(&self, new: NewLinkBody) -> Result<LinkDocument, Problem> {
        let work = |app: Within| async move { links::made(&app, new).await };
        self.document(Operation::post("/v1/links"), work).await
    }

    /// One link.
    ///
    /// # Errors
    /// As `GET /v1/links/{link}` has them.
    pub async fn link_of(&self, link: String) -> Result<LinkDocument, Problem> {
        self.document(Operation::get("/v1/links/{link}"), |app| links::one(app, Named([link]))).await
    }

    /// Changes how a link does what it does.
    ///
    /// # Errors
    /// As `PATCH /v1/links/{link}` has them.
    pub async fn change_link(&self, link: String, change: LinkChange) -> Result<LinkDocument, Problem> {
        let operation = Operation::patch("/v1/links/{link}");
        self.document(operation, |app| links::change(app, Named([link]), Told(change))).await
    }

    /// Removes a link. List and group stay as they are.
    ///
    /// # Errors
    /// As `DELETE /v1/links/{link}` has them.
    pub async fn unlink(&self, link: String) -> Result<(), Problem> {
        let work = |app| async move { links::delete(app, Named([link])).await.map(drop) };
        self.ask(Operation::delete("/v1/links/{link}"), work).await
    }

    /// Stops a link until it is resumed.
    ///
    /// # Errors
    /// As `POST /v1/links/{link}/pause` has them.
    pub async fn pause(&self, link: String) -> Result<LinkDocument, Problem> {
        let operation = Operation::post("/v1/links/{link}/pause");
        self.document(operation, |app| links::pause(app, Named([link]))).await
    }

    /// Runs a paused or halted link again.
    ///
    /// # Errors
    /// As `POST /v1/links/{link}/resume` has them.
    pub async fn resume(&self, link: String) -> Result<LinkDocument, Problem> {
        let operation = Operation::post("/v1/links/{link}/resume");
        self.document(operation, |app| links::resume(app, Named([link]))).await
    }

    /// What a run would do now.
    ///
    /// # Errors
    /// As `GET /v1/links/{link}/plan` has them.
    pub async fn plan(&self, link: String) -> Result<Plan, Problem> {
        self.document(Operation::get("/v1/links/{link}/plan"), |app| links::plan(app, Named([link]))).await
    }

    /// Asks for a run of a link: the number of the request.
    ///
    /// # Errors
    /// As `POST /v1/links/{link}/sync` has them.
    pub async fn sync(&self, link: String) -> Result<u64, Problem> {
        let work = |app: Within| async move { Ok(syncs::request(&app, &link).await?.generation.0) };
        self.ask(Operation::post("/v1/links/{link}/sync"), work).await
    }

    /// Says of what is held under a digest that it is done, or that it is not.
    ///
    /// # Errors
    /// As `POST /v1/holds/{digest}/approve` and `discard` have them.
    pub async fn rule(&self, digest: String, ruling: RulingKind) -> Result<(), Problem> {
        match ruling {
            RulingKind::Approved => {
                let operation = Operation::post("/v1/holds/{digest}/approve");
                self.document(operation, |app| holds::approve(app, Named([digest]))).await.map(drop)
            }
            RulingKind::Discarded => {
                let operation = Operation::post("/v1/holds/{digest}/discard");
                self.document(operation, |app| holds::discard(app, Named([digest]))).await.map(drop)
            }
        }
    }

    /// Groups of the tenant whose name or address begins so, with whether each can be linked.
    ///
    /// # Errors
    /// As `GET /v1/groups` has them.
    pub async fn groups(&self, begins: String) -> Result<GroupsDocument, Problem> {
        let query = Asked(GroupsQuery { begins });
        self.document(Operation::get("/v1/groups"), |app| groups::all(app, query)).await
    }
}
