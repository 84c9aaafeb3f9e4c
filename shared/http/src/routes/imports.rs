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
    ports::{Again, Fault, Import, ImportMode, ImportState, PortError},
};
use listsync_lists::{
    AddressBy, Dates, FileError, MappingError, Overrides, ParsedFile, Profile, Reading, Source, StatusRule,
    read, status_word, write_rejects,
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::{
    name,
    runs::csv_answer,
    texts,
    upload::{self, Upload, UploadSchema},
};
use crate::{
    ask::{self, Asked, Named},
    documents::{
        import::{ImportAnswer, ImportSchema, ImportShown, PreviewAnswer},
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

/// An import that its list took along meanwhile.
fn gone(error: PortError) -> Problem {
    match error.fault {
        Fault::Gone => Problem::missing("import"),
        _ => error.into(),
    }
}

/// How a file is meant.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ImportQuery {
    /// What it says of those whom it does not name.
    #[param(value_type = words::ImportMode)]
    mode: ImportMode,
    /// The name of the profile that its columns are read by, or an own one as a JSON document; left out: by their usual names.
    profile: Option<String>,
    /// What is done with the list's last file once more.
    #[serde(default)]
    #[param(inline)]
    again: AgainWord,
    /// The file's name, for people.
    file: Option<String>,
    /// Whether it is only told what taking it in would do.
    #[serde(default)]
    dry_run: bool,
    /// Which column is what: email=COLUMN,name=COLUMN,external_id=COLUMN,status=COLUMN,status_date=COLUMN.
    map: Option<String>,
    /// The e-mail column; auto: the one column whose cells are addresses.
    email_column: Option<String>,
    /// A column that tells who is gone, besides the profile's.
    status_column: Option<String>,
    /// Whether the file is taken although a column may tell who is gone that is not understood.
    #[serde(default)]
    no_status: bool,
    /// What status words mean for this file: WORD=leave,WORD=terminated.
    status_words: Option<String>,
    /// Its encoding, where Content-Type does not name one: utf-8 or windows-1252.
    encoding: Option<String>,
    /// In which order day and month stand in a date with slashes: day_first or month_first.
    dates: Option<String>,
    /// How many rows stand above the header row.
    skip_rows: Option<u16>,
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
    request_body(content((String = "text/csv"), (String = "text/plain"), (String = "application/octet-stream"),
        (UploadSchema = "multipart/form-data"))),
    responses(
        (status = 200, description = "Nothing was done: it is the list's last file once more, or it was asked what would be done.",
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
    let file_name = file_name(&query)?;
    upload::judge_type(&parts.headers)?;
    let body = ask::read(body, app.options.limits.import).await?;
    let upload = Upload::of(&parts.headers, &body)?;
    let profile = profile(&query, &upload)?.with_words(&list.status_words).with(&overrides(&query, &upload)?);
    let rejects = if wants_csv(&parts.headers) { Rejects::AsFile } else { Rejects::Told };
    let today = app.now().to_zoned(TimeZone::UTC).date();
    let file = upload.file;
    let (parsed, rejects) = off_the_threads(move || taken(&file, &profile, today, rejects)).await?;
    if query.dry_run {
        let preview = listsync_lists::preview(&app.service, &list, (&parsed, query.mode)).await?;
        return Ok(Json(PreviewAnswer::of(preview, parsed)).into_response());
    }
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

/// A built-in profile by its name, or an own one: in the query, or as a part of the form.
fn profile(query: &ImportQuery, upload: &Upload) -> Result<Profile, Problem> {
    let refuse = |why: String| {
        Problem::parameter("profile", why)
            .hint(format!("one of {}, or a JSON document", Profile::BUILT_IN.join(", ")))
    };
    let Some(given) = upload.profile.as_ref().or(query.profile.as_ref()) else {
        return Ok(Profile::generic());
    };
    match Profile::named(given) {
        Some(built_in) => Ok(built_in),
        None if given.trim_start().starts_with('{') => {
            Profile::from_json(given).map_err(|error| refuse(error.to_string()))
        }
        None => Err(refuse("there is no such profile".to_owned())),
    }
}

/// What the query says of the file beside its profile.
fn overrides(query: &ImportQuery, upload: &Upload) -> Result<Overrides, Problem> {
    let mut said = Overrides::default();
    if let Some(map) = &query.map {
        said.mapping =
            map.parse().map_err(|error: MappingError| Problem::parameter("map", error.to_string()))?;
    }
    match query.email_column.as_deref() {
        Some(auto) if auto.eq_ignore_ascii_case("auto") => said.address_by = Some(AddressBy::Cells),
        column => said.mapping.email = column.map(str::to_owned).or(said.mapping.email),
    }
    said.status_columns = query.status_column.clone().into_iter().collect();
    said.status_rule = query.no_status.then_some(StatusRule::PassedOver);
    for word in query.status_words.iter().flat_map(|words| words.split(',')).filter(|word| !word.is_empty()) {
        let word =
            status_word(word).map_err(|error| Problem::parameter("status_words", error.to_string()))?;
        said.status_words.push(word);
    }
    said.encoding = match query.encoding.as_deref() {
        None => upload.encoding,
        Some(name) => Some(upload::encoding(name).ok_or_else(|| {
            Problem::parameter("encoding", "the encoding is not read: utf-8 and windows-1252 are")
        })?),
    };
    said.dates = match query.dates.as_deref() {
        None => None,
        Some("day_first") => Some(Dates::DayFirst),
        Some("month_first") => Some(Dates::MonthFirst),
        Some(_) => return Err(Problem::parameter("dates", "day_first or month_first")),
    };
    said.skip_rows = query.skip_rows;
    Ok(said)
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
