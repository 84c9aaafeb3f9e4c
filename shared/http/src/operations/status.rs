//! How lists stand.

use listsync_core::unsettled::Unsettled;
use listsync_engine::{
    ports::LinkState,
    status::{Row, unsettled},
};

use super::{Asking, Operation};
use crate::{
    ask::{Asked, Named},
    documents::why::WhyDocument,
    problem::Problem,
    routes::{
        status,
        why::{self, WhyQuery},
    },
    within::Within,
};

const STATUS: Operation = Operation::get("/v1/status");

/// How a link of a list stands, or the list itself.
#[derive(Debug, Clone)]
pub struct Standing {
    /// The row.
    pub row: Row,
    /// The link that it is about.
    pub link: Option<LinkState>,
    /// Who is out of step by the link.
    pub unsettled: Vec<Unsettled>,
}

impl Asking {
    /// How all lists stand, what needs somebody first.
    ///
    /// # Errors
    /// As `GET /v1/status` has them.
    pub async fn standing(&self) -> Result<Vec<Row>, Problem> {
        self.ask(STATUS, |app| async move { status::rows(&app, None).await }).await
    }

    /// How the links of one list stand, each with who is out of step.
    ///
    /// # Errors
    /// As `GET /v1/status` has them.
    pub async fn standing_of(&self, list: String) -> Result<Vec<Standing>, Problem> {
        let work = |app: Within| async move {
            let list = app.list(&list).await?;
            let rows = status::rows(&app, Some(&list)).await?;
            with_people(&app, rows).await
        };
        self.ask(STATUS, work).await
    }

    /// The same of rows that were read just now.
    ///
    /// # Errors
    /// As `GET /v1/status` has them.
    pub async fn standing_with_people(&self, rows: Vec<Row>) -> Result<Vec<Standing>, Problem> {
        let work = |app: Within| async move {
            let rows = rows.into_iter().filter(|row| app.covers(&row.list)).collect();
            with_people(&app, rows).await
        };
        self.ask(STATUS, work).await
    }

    /// Why somebody is in step on a list, or is not.
    ///
    /// # Errors
    /// As `GET /v1/lists/{list}/why` has them.
    pub async fn why(&self, list: String, address: String) -> Result<WhyDocument, Problem> {
        let operation = Operation::get("/v1/lists/{list}/why");
        self.document(operation, |app| why::why(app, Named([list]), Asked(WhyQuery { address }))).await
    }
}

async fn with_people(app: &Within, rows: Vec<Row>) -> Result<Vec<Standing>, Problem> {
    let mut standing = Vec::with_capacity(rows.len());
    for row in rows {
        let link = status::link(app, &row).await?;
        let unsettled = match &link {
            Some(link) => unsettled(app.ports(), link).await?,
            None => Vec::new(),
        };
        standing.push(Standing { row, link, unsettled });
    }
    Ok(standing)
}
