//! People, on however many lists.

use super::{Asking, ContactsQuery, Operation};
use crate::{
    ask::Named,
    documents::{
        contact::{ContactDocument, Gone, PersonExport},
        history::HistoryDocument,
    },
    page::{Page, PageQuery},
    problem::Problem,
    routes::{contacts, history},
    within::Within,
};

impl Asking {
    /// People, by page; with an address or external id, the one who has it.
    ///
    /// # Errors
    /// As `GET /v1/contacts` has them.
    pub async fn people(&self, query: ContactsQuery) -> Result<Page<ContactDocument>, Problem> {
        let work = |app: Within| async move { contacts::page_of(&app, &query).await };
        self.ask(Operation::get("/v1/contacts"), work).await
    }

    /// Everything that is known of a person.
    ///
    /// # Errors
    /// As `GET /v1/contacts/{contact}/export` has them.
    pub async fn person(&self, contact: String) -> Result<PersonExport, Problem> {
        let operation = Operation::get("/v1/contacts/{contact}/export");
        self.document(operation, |app| contacts::export(app, Named([contact]))).await
    }

    /// When a person joined or left lists and groups, the newest first.
    ///
    /// # Errors
    /// As `GET /v1/contacts/{contact}/history` has them.
    pub async fn history_of_person(
        &self,
        contact: String,
        page: PageQuery,
    ) -> Result<Page<HistoryDocument>, Problem> {
        let work = |app: Within| async move { history::contact_page(&app, &contact, &page).await };
        self.ask(Operation::get("/v1/contacts/{contact}/history"), work).await
    }

    /// Erases a person.
    ///
    /// # Errors
    /// As `POST /v1/contacts/{contact}/erase` has them.
    pub async fn erase(&self, contact: String) -> Result<Gone, Problem> {
        let operation = Operation::post("/v1/contacts/{contact}/erase");
        self.document(operation, |app| contacts::erase(app, Named([contact]))).await
    }
}
