//! Files that are taken into lists.

use axum::body::{Body, Bytes};
use listsync_engine::ports::Import;

use super::{Asking, ImportQuery, Operation};
use crate::{
    ask::{self, Named, Told},
    documents::{
        import::{ImportAnswer, ImportShown, OptOutsAnswer, PreviewAnswer},
        import_undo::{UndoBody, UndoPlanDocument, UndoneDocument},
    },
    options::Limits,
    page::{Page, PageQuery},
    problem::Problem,
    routes::{
        imports::{self, Done, Rejects, Sent},
        upload::Upload,
    },
    uploads::Size,
    within::Within,
};

/// A CSV file.
#[derive(Debug, Clone)]
pub struct File {
    /// As it was sent.
    pub content: Bytes,
    /// An own profile as a JSON document, or the name of a built-in one.
    pub profile: Option<String>,
}

/// Refuses a file that is larger than a file may be.
pub(super) fn judge_size(content: &[u8], limits: &Limits) -> Result<(), Problem> {
    if content.len() > limits.import { Err(ask::too_large(limits.import)) } else { Ok(()) }
}

/// What a file came to.
#[derive(Debug, Clone)]
pub enum Imported {
    /// What taking it in would do; nothing was done.
    Looked(Box<PreviewAnswer>),
    /// Its addresses are opted out.
    OptOuts(OptOutsAnswer),
    /// It was taken in, or it is the list's last file once more.
    TakenIn(Box<ImportAnswer>),
}

impl Asking {
    /// Imports, newest first: of one list, or of all.
    ///
    /// # Errors
    /// As `GET /v1/imports` and `GET /v1/lists/{list}/imports` have them.
    pub async fn imports(&self, list: Option<String>, page: PageQuery) -> Result<Page<Import>, Problem> {
        match list {
            Some(list) => {
                let work = |app: Within| async move { imports::page_of_list(&app, &list, &page).await };
                self.ask(Operation::get("/v1/lists/{list}/imports"), work).await
            }
            None => {
                let work = |app: Within| async move { imports::page_of_all(&app, &page).await };
                self.ask(Operation::get("/v1/imports"), work).await
            }
        }
    }

    /// One import, with the people that it holds.
    ///
    /// # Errors
    /// As `GET /v1/imports/{import}` has them.
    pub async fn import(&self, import: String) -> Result<ImportShown, Problem> {
        self.document(Operation::get("/v1/imports/{import}"), |app| imports::one(app, Named([import]))).await
    }

    /// Does with a file what the query says: it is taken in, or only looked at.
    ///
    /// # Errors
    /// As `POST /v1/lists/{list}/imports` has them.
    pub async fn bring(&self, list: String, file: File, query: ImportQuery) -> Result<Imported, Problem> {
        let work = |app: Within| async move {
            let limits = app.options.limits;
            judge_size(&file.content, &limits)?;
            // It is read as large as one that comes in by the API, and waits for the same place.
            let size = Size::of(&Body::from(file.content.clone()));
            let _place = app.uploads.admit(size, limits).await?;
            let list = app.list(&list).await?;
            let (deed, file_name) = (query.deed()?, query.file_name()?);
            let upload = Upload { file: file.content, encoding: None, profile: file.profile };
            let sent = Sent { upload, file_name, deed, rejects: Rejects::Told };
            let came = imports::carried_out(&app, &list, &query, sent).await?;
            Ok(match came.done {
                Done::Looked(preview) => Imported::Looked(Box::new(preview)),
                Done::OptOuts(brought) => Imported::OptOuts(brought),
                Done::TakenIn(import) => Imported::TakenIn(import),
            })
        };
        self.ask(Operation::post("/v1/lists/{list}/imports"), work).await
    }

    /// Does what an import holds.
    ///
    /// # Errors
    /// As `POST /v1/imports/{import}/approve` has them.
    pub async fn approve_import(&self, import: String) -> Result<ImportAnswer, Problem> {
        let operation = Operation::post("/v1/imports/{import}/approve");
        self.document(operation, |app| imports::approve(app, Named([import]))).await
    }

    /// Drops what an import holds.
    ///
    /// # Errors
    /// As `POST /v1/imports/{import}/discard` has them.
    pub async fn discard_import(&self, import: String) -> Result<ImportAnswer, Problem> {
        let operation = Operation::post("/v1/imports/{import}/discard");
        self.document(operation, |app| imports::discard(app, Named([import]))).await
    }

    /// What taking an import back would do.
    ///
    /// # Errors
    /// As `GET /v1/imports/{import}/undo` has them.
    pub async fn undo_of_import(&self, import: String) -> Result<UndoPlanDocument, Problem> {
        let operation = Operation::get("/v1/imports/{import}/undo");
        self.document(operation, |app| imports::undo_plan(app, Named([import]))).await
    }

    /// Takes an import back, where it is still what the digest is of.
    ///
    /// # Errors
    /// As `POST /v1/imports/{import}/undo` has them.
    pub async fn undo_import(&self, import: String, digest: String) -> Result<UndoneDocument, Problem> {
        let operation = Operation::post("/v1/imports/{import}/undo");
        let body = Told(UndoBody { digest });
        self.document(operation, |app| imports::undo(app, Named([import]), body)).await
    }
}
