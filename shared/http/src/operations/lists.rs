//! Lists, and who is on them.

use axum::http::Method;
use listsync_core::{id::ListId, list::List};
use listsync_engine::status;

use super::{Asking, NewDecision, NewList};
use crate::{
    ask::{Named, Told},
    documents::{
        contact::DecisionDocument,
        history::HistoryDocument,
        list::{ListDocument, ListRow, MemberDocument, MemberEdit},
    },
    page::{Page, PageQuery, Wanted},
    problem::Problem,
    routes::{
        decisions, history, lists,
        members::{self, NewMember},
    },
    within::Within,
};

impl Asking {
    /// Every list of the caller's, by name.
    ///
    /// # Errors
    /// As `GET /v1/lists` has them.
    pub async fn lists(&self) -> Result<Vec<List>, Problem> {
        let work = |app: Within| async move {
            let mut lists = app.ports().lists.lists().await?;
            lists.retain(|list| app.covers(&list.id));
            lists.sort_by_key(|list| (list.name.to_lowercase(), list.id.clone()));
            Ok(lists)
        };
        self.ask((Method::GET, "/v1/lists"), work).await
    }

    /// Those of these ids, in their order, as rows of a table.
    ///
    /// # Errors
    /// As `GET /v1/lists` has them.
    pub async fn rows_of(&self, ids: Vec<ListId>) -> Result<Vec<ListRow>, Problem> {
        let work = |app: Within| async move {
            let mut lists = Vec::with_capacity(ids.len());
            for id in ids.into_iter().filter(|id| app.covers(id)) {
                lists.extend(app.ports().lists.list(&id).await?);
            }
            let mut rows = Vec::with_capacity(lists.len());
            for status in status::of_lists(app.ports(), lists).await? {
                rows.push(ListRow::load(app.ports(), status).await?);
            }
            Ok(rows)
        };
        self.ask((Method::GET, "/v1/lists"), work).await
    }

    /// One list, by name or id, with its counts and links.
    ///
    /// # Errors
    /// As `GET /v1/lists/{list}` has them.
    pub async fn list(&self, list: String) -> Result<ListDocument, Problem> {
        let work = |app: Within| async move {
            let list = app.list(&list).await?;
            Ok(ListDocument::load(app.ports(), list).await?)
        };
        self.ask((Method::GET, "/v1/lists/{list}"), work).await
    }

    /// Makes a list.
    ///
    /// # Errors
    /// As `POST /v1/lists` has them.
    pub async fn make_list(&self, new: NewList) -> Result<List, Problem> {
        self.ask((Method::POST, "/v1/lists"), |app| async move { lists::made(&app, new).await }).await
    }

    /// Deletes a list. Its contacts stay.
    ///
    /// # Errors
    /// As `DELETE /v1/lists/{list}` has them.
    pub async fn delete_list(&self, list: String) -> Result<(), Problem> {
        let work = |app| async move { lists::delete(app, Named([list])).await.map(drop) };
        self.ask((Method::DELETE, "/v1/lists/{list}"), work).await
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
        self.ask((Method::GET, "/v1/lists/{list}/members"), work).await
    }

    /// Puts somebody on a list.
    ///
    /// # Errors
    /// As `PUT /v1/lists/{list}/members/{member}` has them.
    pub async fn put_on(&self, list: String, member: String, name: String) -> Result<MemberEdit, Problem> {
        let new = NewMember { name: Some(name), until: None };
        let work = |app: Within| async move { members::put_on(&app, [&list, &member], &new).await };
        self.ask((Method::PUT, "/v1/lists/{list}/members/{member}"), work).await
    }

    /// Takes somebody off a list.
    ///
    /// # Errors
    /// As `DELETE /v1/lists/{list}/members/{member}` has them.
    pub async fn take_off(&self, list: String, member: String) -> Result<MemberEdit, Problem> {
        let operation = (Method::DELETE, "/v1/lists/{list}/members/{member}");
        self.document(operation, |app| members::remove(app, Named([list, member]))).await
    }

    /// Records what a person said, of a list or of all lists.
    ///
    /// # Errors
    /// As `POST /v1/lists/{list}/decisions` and `POST /v1/decisions` have them.
    pub async fn say(&self, list: Option<String>, said: NewDecision) -> Result<DecisionDocument, Problem> {
        match list {
            Some(list) => {
                let operation = (Method::POST, "/v1/lists/{list}/decisions");
                self.document(operation, |app| decisions::of_list(app, Named([list]), Told(said))).await
            }
            None => {
                let operation = (Method::POST, "/v1/decisions");
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
        self.ask((Method::GET, "/v1/lists/{list}/history"), work).await
    }
}
