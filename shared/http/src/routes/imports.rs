//! Files that are taken into a list.

use axum::{
    Json,
    extract::{OriginalUri, Request},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use jiff::{civil::Date, tz::TimeZone};
use listsync_core::{
    audit::{Action, ObjectKind},
    grant::Lists,
    list::List,
};
use listsync_engine::{
    imports_undo,
    people::{self, Stored},
    ports::{Fault, Import, ImportState, PortError},
};
use listsync_lists::{FileError, ParsedFile, Profile, Reading, Source, bring_opt_outs, read, write_rejects};

use super::{
    import_query::{Deed, ImportQuery},
    runs::csv_answer,
    texts,
    upload::{self, Upload, UploadSchema},
};
use crate::{
    ask::{self, Asked, Named, Told},
    documents::{
        import::{ImportAnswer, ImportOutcome, ImportSchema, ImportShown, OptOutsAnswer, PreviewAnswer},
        import_undo::{UndoBody, UndoPlanDocument, UndoneDocument},
    },
    page::{Page, PageQuery, Wanted},
    problem::Problem,
    within::Within,
};

/// Imports into every list, newest first.
#[utoipa::path(get, path = "/v1/imports", tag = "imports", params(PageQuery),
    responses((status = 200, description = "A page of imports.", body = Page<ImportSchema>)))]
pub(crate) async fn all(
    app: Within,
    Asked(query): Asked<PageQuery>,
    OriginalUri(uri): OriginalUri,
) -> Result<Response, Problem> {
    Ok(page_of_all(&app, &query).await?.answer(&uri))
}

/// Imports into this list, newest first.
#[utoipa::path(get, path = "/v1/lists/{list}/imports", tag = "imports",
    params(("list" = String, Path, description = "A list's name or id."), PageQuery),
    responses((status = 200, description = "A page of imports.", body = Page<ImportSchema>)))]
pub(crate) async fn of_list(
    app: Within,
    Named([list]): Named<1>,
    Asked(query): Asked<PageQuery>,
    OriginalUri(uri): OriginalUri,
) -> Result<Response, Problem> {
    Ok(page_of_list(&app, &list, &query).await?.answer(&uri))
}

/// Those into every list of the caller's, by page.
pub(crate) async fn page_of_all(app: &Within, query: &PageQuery) -> Result<Page<Import>, Problem> {
    paged(app, app.given(), query).await
}

/// Those into one list, by page.
pub(crate) async fn page_of_list(
    app: &Within,
    list: &str,
    query: &PageQuery,
) -> Result<Page<Import>, Problem> {
    let list = app.list(list).await?;
    paged(app, &Lists::Only([list.id].into()), query).await
}

async fn paged(app: &Within, lists: &Lists, query: &PageQuery) -> Result<Page<Import>, Problem> {
    let wanted = Wanted::of(query.cursor.as_deref(), query.limit)?;
    let before = wanted.after_id()?;
    let found = app.ports().lists.imports_of(lists, before.as_ref(), wanted.limit + 1).await;
    let found = found.map_err(|error| match error.fault {
        Fault::Gone => Problem::parameter("cursor", "the import that this cursor names is not kept any more"),
        _ => error.into(),
    })?;
    Ok(Page::cut(found, wanted.limit, |import| import.id.to_string()))
}

/// One import, with the people that it holds.
#[utoipa::path(get, path = "/v1/imports/{import}", tag = "imports",
    params(("import" = String, Path, description = "An import's id.")),
    responses((status = 200, description = "The import.", body = ImportShown)))]
pub(crate) async fn one(app: Within, Named([import]): Named<1>) -> Result<Json<ImportShown>, Problem> {
    let import = app.import(&import).await?;
    let held = app.ports().lists.held_people(&import.id).await.map_err(gone)?;
    Ok(Json(ImportShown::of(import, held)))
}

/// Does what an import holds.
#[utoipa::path(post, path = "/v1/imports/{import}/approve", tag = "imports",
    params(("import" = String, Path, description = "An import's id.")),
    responses((status = 200, description = "It is done.", body = ImportAnswer)))]
pub(crate) async fn approve(app: Within, Named([import]): Named<1>) -> Result<Json<ImportAnswer>, Problem> {
    let id = app.import(&import).await?.id;
    let Stored { what, links } = people::approve_import(&app.service, &id).await.map_err(gone)?;
    Ok(Json(ImportAnswer::ruled(what, texts(&links))))
}

/// Drops what an import holds: everybody stays as they are.
#[utoipa::path(post, path = "/v1/imports/{import}/discard", tag = "imports",
    params(("import" = String, Path, description = "An import's id.")),
    responses((status = 200, description = "It is dropped.", body = ImportAnswer)))]
pub(crate) async fn discard(app: Within, Named([import]): Named<1>) -> Result<Json<ImportAnswer>, Problem> {
    let id = app.import(&import).await?.id;
    let import = app.ports().lists.discard_import(&id).await.map_err(gone)?;
    Ok(Json(ImportAnswer::ruled(import, Vec::new())))
}

/// What taking an import back would do: who leaves the list and who comes back, and what of whom becomes as it was. Nothing is
/// done.
#[utoipa::path(get, path = "/v1/imports/{import}/undo", tag = "imports",
    params(("import" = String, Path, description = "An import's id.")),
    responses((status = 200, description = "The plan.", body = UndoPlanDocument)))]
pub(crate) async fn undo_plan(
    app: Within,
    Named([import]): Named<1>,
) -> Result<Json<UndoPlanDocument>, Problem> {
    let id = app.import(&import).await?.id;
    let plan = imports_undo::plan(&app.service, &id, app.given()).await.map_err(gone)?;
    Ok(Json(UndoPlanDocument::from(&plan)))
}

/// Takes an import back, as its plan of this digest shows. Who opted out or was changed since is left as they are. The links of
/// the list follow.
#[utoipa::path(post, path = "/v1/imports/{import}/undo", tag = "imports",
    params(("import" = String, Path, description = "An import's id.")), request_body = UndoBody,
    responses((status = 200, description = "It is taken back.", body = UndoneDocument)))]
pub(crate) async fn undo(
    app: Within,
    Named([import]): Named<1>,
    Told(UndoBody { digest }): Told<UndoBody>,
) -> Result<Json<UndoneDocument>, Problem> {
    let id = app.import(&import).await?.id;
    let plan = imports_undo::plan(&app.service, &id, app.given()).await.map_err(gone)?;
    imports_undo::expect(&plan, &digest)?;
    let done = imports_undo::undo(&app.service, &plan, app.given()).await.map_err(gone)?;
    Ok(Json(done.into()))
}

/// An import that its list took along meanwhile.
fn gone(error: PortError) -> Problem {
    match error.fault {
        Fault::Gone => Problem::missing("import"),
        _ => error.into(),
    }
}

/// Takes a CSV file into a list, whole or not at all. The rows that were not taken in are in the answer: as JSON with the
/// reason of each, or, where Accept asks for text/csv, the rows that could not be read as the file has them, to be corrected.
#[utoipa::path(post, path = "/v1/lists/{list}/imports", tag = "imports",
    params(("list" = String, Path, description = "A list's name or id."), ImportQuery),
    request_body(content((String = "text/csv"), (String = "text/plain"), (String = "application/octet-stream"),
        (UploadSchema = "multipart/form-data"))),
    responses(
        (status = 200, description = "No import was made: it is the list's last file once more, it was asked what would be done, or the file holds opt-outs, which are recorded.",
            content((ImportOutcome = "application/json"), (String = "text/csv"))),
        (status = 201, description = "It is taken in; its path is in Location.",
            content((ImportAnswer = "application/json"), (String = "text/csv")))))]
pub(crate) async fn take_in(
    app: Within,
    Named([list]): Named<1>,
    Asked(query): Asked<ImportQuery>,
    request: Request,
) -> Result<Response, Problem> {
    let list = app.list(&list).await?;
    let deed = query.deed()?;
    let (parts, body) = request.into_parts();
    let file_name = query.file_name()?;
    upload::judge_type(&parts.headers)?;
    let body = ask::read(body, app.options.limits.import).await?;
    let upload = Upload::of(&parts.headers, &body)?;
    let rejects = if wants_csv(&parts.headers) { Rejects::AsFile } else { Rejects::Told };
    let sent = Sent { upload, file_name, deed, rejects };
    let Came { done, rejects } = carried_out(&app, &list, &query, sent).await?;
    Ok(match done {
        Done::Looked(preview) => Json(preview).into_response(),
        Done::OptOuts(brought) => with_rejects(StatusCode::OK, Json(brought), rejects),
        Done::TakenIn(import) => answer(*import, rejects),
    })
}

/// A file, and what is to be done with it.
pub(crate) struct Sent {
    pub(crate) upload: Upload,
    pub(crate) file_name: String,
    pub(crate) deed: Deed,
    pub(crate) rejects: Rejects,
}

/// What was done with a file.
pub(crate) enum Done {
    /// It was only looked at.
    Looked(PreviewAnswer),
    /// Its addresses are opted out.
    OptOuts(OptOutsAnswer),
    /// Its people were taken in.
    TakenIn(Box<ImportAnswer>),
}

/// What a file came to.
pub(crate) struct Came {
    pub(crate) done: Done,
    /// The rows that could not be read, where they are to be a file.
    pub(crate) rejects: Option<Vec<u8>>,
}

/// Does with a file what is to be done with it.
pub(crate) async fn carried_out(
    app: &Within,
    list: &List,
    query: &ImportQuery,
    sent: Sent,
) -> Result<Came, Problem> {
    let Sent { upload, file_name, deed, rejects } = sent;
    let profile = query.profile(deed, (list, &upload))?;
    let today = app.now().to_zoned(TimeZone::UTC).date();
    let file = upload.file;
    let (parsed, rejects) = off_the_threads(move || taken(&file, &profile, today, rejects)).await?;
    let done = match deed {
        Deed::Look(mode) => {
            app.did_nothing();
            let preview = listsync_lists::preview(&app.service, list, (&parsed, mode)).await?;
            Done::Looked(PreviewAnswer::of(preview, parsed))
        }
        Deed::OptOuts => {
            app.did(Action::ConsentImport);
            let brought = bring_opt_outs(&app.service, (&list.id, app.via()), &parsed).await?;
            Done::OptOuts(OptOutsAnswer::from(brought))
        }
        Deed::TakeIn(mode, again) => {
            let source = Source { file: &file_name, mode, at: app.now(), given: app.given() };
            let taken = listsync_lists::take_in(&app.service, &list.id, parsed, (source, again)).await?;
            app.touch(ObjectKind::Import, &taken.import.id);
            if taken.import.state == ImportState::Repeated {
                app.did_nothing();
            }
            Done::TakenIn(Box::new(taken.into()))
        }
    };
    Ok(Came { done, rejects })
}

/// In which form the rows that could not be read are given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rejects {
    /// By number and reason.
    Told,
    /// As a file, to be corrected.
    AsFile,
}

/// The file as it was read, and the rows that could not be, where they are to be a file.
fn taken(
    file: &[u8],
    profile: &Profile,
    today: Date,
    rejects: Rejects,
) -> Result<(ParsedFile, Option<Vec<u8>>), Problem> {
    let reading = Reading { profile, today };
    let parsed = read(file, reading, |_| {}).map_err(|error| refused(&error))?;
    if rejects == Rejects::Told {
        return Ok((parsed, None));
    }
    let mut out = Vec::new();
    write_rejects(file, reading, &parsed, &mut out).map_err(|_| unwritten())?;
    Ok((parsed, Some(out)))
}

/// A large file takes a while to read: the threads that answer others go on meanwhile.
async fn off_the_threads<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work).await.map_err(|_| unwritten())?
}

fn refused(error: &FileError) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, error.code(), error.to_string())
        .hint("nothing was imported; correct the file and send it again")
}

fn unwritten() -> Problem {
    Problem::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "fault",
        "the file could not be read by a fault of the program",
    )
}

fn answer(done: ImportAnswer, rejects: Option<Vec<u8>>) -> Response {
    let status =
        if done.import.state == ImportState::Repeated { StatusCode::OK } else { StatusCode::CREATED };
    let location = format!("/v1/imports/{}", done.import.id);
    let mut response = with_rejects(status, Json(done), rejects);
    response.headers_mut().extend(location.parse().ok().map(|location| (header::LOCATION, location)));
    response
}

/// The document, or the file of rows that could not be read where that is asked for.
fn with_rejects(status: StatusCode, document: impl IntoResponse, rejects: Option<Vec<u8>>) -> Response {
    match rejects {
        Some(file) => csv_answer(status, file, "rejects.csv"),
        None => (status, document).into_response(),
    }
}

pub(super) fn wants_csv(headers: &HeaderMap) -> bool {
    let given = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    given.split(',').next().is_some_and(|first| first.trim().to_ascii_lowercase().starts_with("text/csv"))
}
