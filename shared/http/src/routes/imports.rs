//! Files that are taken into a list.

use axum::{
    Json,
    extract::{OriginalUri, Request},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use jiff::{civil::Date, tz::TimeZone};
use listsync_engine::{
    people::{self, Stored},
    ports::{Again, Fault, Import, ImportMode, ImportState},
};
use listsync_lists::{FileError, ParsedFile, Profile, Reading, Source, read, write_rejects};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::{name, runs::csv_answer, texts};
use crate::{
    ask::{self, Asked, Named},
    documents::{
        import::{ImportAnswer, ImportSchema},
        words,
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
    let imports = app.imports().await?;
    Ok(paged(&query, imports)?.answer(&uri))
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
    let list = app.list(&list).await?;
    let mut imports = app.imports().await?;
    imports.retain(|import| import.list == list.id);
    Ok(paged(&query, imports)?.answer(&uri))
}

fn paged(query: &PageQuery, mut imports: Vec<Import>) -> Result<Page<Import>, Problem> {
    let wanted = Wanted::of(query.cursor.as_deref(), query.limit)?;
    if let Some(after) = &wanted.after {
        let at = imports.iter().position(|import| import.id.as_str() == after);
        let at = at.ok_or_else(|| {
            Problem::parameter("cursor", "the import that this cursor names is not kept any more")
        })?;
        imports.drain(..=at);
    }
    Ok(Page::cut(imports, wanted.limit, |import| import.id.to_string()))
}

/// One import.
#[utoipa::path(get, path = "/v1/imports/{import}", tag = "imports",
    params(("import" = String, Path, description = "An import's id.")),
    responses((status = 200, description = "The import.", body = ImportSchema)))]
pub(crate) async fn one(app: Within, Named([import]): Named<1>) -> Result<Json<Import>, Problem> {
    app.import(&import).await.map(Json)
}

/// Does the held removals of an import.
#[utoipa::path(post, path = "/v1/imports/{import}/approve", tag = "imports",
    params(("import" = String, Path, description = "An import's id.")),
    responses((status = 200, description = "They are done.", body = ImportAnswer)))]
pub(crate) async fn approve(app: Within, Named([import]): Named<1>) -> Result<Json<ImportAnswer>, Problem> {
    let id = app.import(&import).await?.id;
    let Stored { what, links } = match people::approve_import(&app.service, &id).await {
        Err(error) if error.fault == Fault::Gone => return Err(Problem::missing("import")),
        other => other?,
    };
    let answer = ImportAnswer { import: what, problems: Vec::new(), gone_unknown: 0, links: texts(&links) };
    Ok(Json(answer))
}

/// How a file is meant.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ImportQuery {
    /// What it says of those whom it does not name.
    #[param(value_type = words::ImportMode)]
    mode: ImportMode,
    /// The name of the profile that its columns are read by; left out: by their usual names.
    profile: Option<String>,
    /// What is done with the list's last file once more.
    #[serde(default)]
    #[param(inline)]
    again: AgainWord,
    /// The file's name, for people.
    file: Option<String>,
}

/// What is done with the list's last file once more.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum AgainWord {
    /// Nothing.
    #[default]
    Skip,
    /// It is taken in once more.
    TakeIn,
}

/// Takes a CSV file into a list, whole or not at all. The rows that were not taken in are in the answer: as JSON with the
/// reason of each, or, where Accept asks for text/csv, the rows that could not be read as the file has them, to be corrected.
#[utoipa::path(post, path = "/v1/lists/{list}/imports", tag = "imports",
    params(("list" = String, Path, description = "A list's name or id."), ImportQuery),
    request_body(content = String, content_type = "text/csv"),
    responses(
        (status = 200, description = "It is the list's last file once more: nothing was done.",
            content((ImportAnswer = "application/json"), (String = "text/csv"))),
        (status = 201, description = "It is taken in; its path is in Location.",
            content((ImportAnswer = "application/json"), (String = "text/csv")))))]
pub(crate) async fn take_in(
    app: Within,
    Named([list]): Named<1>,
    Asked(query): Asked<ImportQuery>,
    request: Request,
) -> Result<Response, Problem> {
    let list = app.list(&list).await?;
    let (parts, body) = request.into_parts();
    ask::judge_type(&parts.headers, &["text/csv"])?;
    let (profile, file_name) = (profile(&query)?, file_name(&query)?);
    let file = ask::read(body, app.options.limits.import).await?;
    let rejects = if wants_csv(&parts.headers) { Rejects::AsFile } else { Rejects::Told };
    let today = app.now().to_zoned(TimeZone::UTC).date();
    let (parsed, rejects) = off_the_threads(move || taken(&file, &profile, today, rejects)).await?;
    let source = Source { file: &file_name, mode: query.mode, at: app.now() };
    let taken = listsync_lists::take_in(&app.service, &list.id, parsed, (source, query.again.into())).await?;
    answer(taken.into(), rejects)
}

impl From<AgainWord> for Again {
    fn from(word: AgainWord) -> Self {
        match word {
            AgainWord::Skip => Self::Skip,
            AgainWord::TakeIn => Self::TakeIn,
        }
    }
}

/// In which form the rows that could not be read are given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rejects {
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

fn profile(query: &ImportQuery) -> Result<Profile, Problem> {
    let Some(name) = &query.profile else { return Ok(Profile::generic()) };
    Profile::named(name).ok_or_else(|| {
        Problem::parameter("profile", "there is no such profile")
            .hint(format!("one of {}", Profile::BUILT_IN.join(", ")))
    })
}

fn file_name(query: &ImportQuery) -> Result<String, Problem> {
    match &query.file {
        None => Ok("upload.csv".to_owned()),
        Some(given) => name("file", given).map_err(|problem| Problem::parameter("file", problem.detail)),
    }
}

fn answer(done: ImportAnswer, rejects: Option<Vec<u8>>) -> Result<Response, Problem> {
    let status =
        if done.import.state == ImportState::Repeated { StatusCode::OK } else { StatusCode::CREATED };
    let location = format!("/v1/imports/{}", done.import.id);
    let mut response = match rejects {
        Some(file) => csv_answer(status, file, "rejects.csv"),
        None => (status, Json(done)).into_response(),
    };
    response.headers_mut().extend(location.parse().ok().map(|location| (header::LOCATION, location)));
    Ok(response)
}

fn wants_csv(headers: &HeaderMap) -> bool {
    let given = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    given.split(',').next().is_some_and(|first| first.trim().to_ascii_lowercase().starts_with("text/csv"))
}
