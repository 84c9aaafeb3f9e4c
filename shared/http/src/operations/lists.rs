//! Lists, and who is on them.

use std::collections::BTreeMap;

use listsync_core::{id::ListId, list::List};
use listsync_engine::ports::ListSize;

use super::{Asking, NewDecision, NewList, Operation};
use crate::{
    ask::{Named, Told},
    documents::{
        contact::DecisionDocument,
        history::HistoryDocument,
        list::{ListDocument, MemberDocument, MemberEdit},
    },
    page::{Page, PageQuery, Wanted},
    problem::Problem,
    routes::{
        decisions, history, lists,
        members::{self, NewMember, Place},
    },
    within::Within,
};

impl Asking {
    /// Every list of the caller's, by name.
    ///
    /// # Errors
    /// As `GET /v1/lists` has them.
    pub async fn lists(&self) -> Result<Vec<List>, Problem> {
        self.ask(Operation::get("/v1/lists"), |app| async move { lists::every(&app).await }).await
    }

    /// How large each of these lists is that is the caller's, in few reads however many they are.
    ///
    /// # Errors
    /// As `GET /v1/lists` has them.
    pub async fn sizes_of(&self, lists: Vec<ListId>) -> Result<BTreeMap<ListId, ListSize>, Problem> {
        let work = |app: Within| async move {
            let lists: Vec<ListId> = lists.into_iter().filter(|list| app.covers(list)).collect();
            Ok(app.ports().lists.sizes(&lists).await?)
        };
        self.ask(Operation::get("/v1/lists"), work).await
    }

    /// One list, by name or id, with its counts and links.
    ///
    /// # Errors
    /// As `GET /v1/lists/{list}` has them.
    pub async fn list(&self, list: String) -> Result<ListDocument, Problem> {
        let work = |app: Within| async move { lists::document(&app, &list).await };
        self.ask(Operation::get("/v1/lists/{list}"), work).await
    }

    /// Makes a list.
    ///
    /// # Errors
    /// As `POST /v1/lists` has them.
    pub async fn make_list(&self, new: NewList) -> Result<List, Problem> {
        self.ask(Operation::post("/v1/lists"), |app| async move { lists::made(&app, new).await }).await
    }

    /// Who is on a list, by page.
    ///
    /// # Errors
    /// As `GET /v1/lists/{list}/members` has them.
    pub async fn members(&self, list: String, page: PageQuery) -> Result<Page<MemberDocument>, Problem> {
        let work = |app: Within| async move {
            let wanted = Wanted::of(page.cursor.as_deref(), page.limit)?;
            let list = app.list(&list).await?;
            members::page_of(&app, &list, &wanted).await
        };
        self.ask(Operation::get("/v1/lists/{list}/members"), work).await
    }

    /// Puts somebody on a list.
    ///
    /// # Errors
    /// As `PUT /v1/lists/{list}/members/{member}` has them.
    pub async fn put_on(&self, list: String, member: String, name: String) -> Result<MemberEdit, Problem> {
        let new = NewMember { name: Some(name), until: None };
        let work = |app: Within| async move {
            members::put_on(&app, Place { list: &list, member: &member }, &new).await
        };
        self.ask(Operation::put("/v1/lists/{list}/members/{member}"), work).await
    }

    /// Takes somebody off a list.
    ///
    /// # Errors
    /// As `DELETE /v1/lists/{list}/members/{member}` has them.
    pub async fn take_off(&self, list: String, member: String) -> Result<MemberEdit, Problem> {
        let operation = Operation::delete("/v1/lists/{list}/members/{member}");
        self.document(operation, |app| members::remove(app, Named([list, member]))).await
    }

    /// Records what a person said, of a list or of all lists.
    ///
    /// # Errors
    /// As `POST /v1/lists/{list}/decisions` and `POST /v1/decisions` have them.
    pub async fn say(&self, list: Option<String>, said: NewDecision) -> Result<DecisionDocument, Problem> {
        match list {
            Some(list) => {
                let operation = Operation::post("/v1/lists/{list}/decisions");
                self.document(operation, |app| decisions::of_list(app, Named([list]), Told(said))).await
            }
            None => {
                let operation = Operation::post("/v1/decisions");
                self.document(operation, |app| decisions::of_all(app, Told(said))).await
            }
        }
    }

    /// Who joined or left a list and its groups, the newest first.
    ///
    /// # Errors
    /// As `GET /v1/lists/{list}/history` has them.
    pub async fn history_of_list(
        &self,
        list: String,
        page: PageQuery,
    ) -> Result<Page<HistoryDocument>, Problem> {
        let work = |app: Within| async move { history::list_page(&app, &list, &page).await };
        self.ask(Operation::get("/v1/lists/{list}/history"), work).await
    }
}
