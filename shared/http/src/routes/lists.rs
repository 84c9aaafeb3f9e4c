//! Lists.

use axum::{
    Json,
    extract::OriginalUri,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use listsync_core::{
    audit::ObjectKind,
    contact::Version,
    expected::Expect,
    limit::AdditionLimit,
    list::{List, ListKind, OptOutRule},
    own::Own,
};
use listsync_engine::{naming, people, ports::ListEdit, status};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{filters, name};
use crate::{
    ask::{Asked, Named, Told},
    documents::{
        list::{ListDocument, ListRow},
        words,
    },
    etag,
    page::{Page, PageQuery, Wanted},
    problem::Problem,
    within::Within,
};

/// Every list, by name.
#[utoipa::path(get, path = "/v1/lists", tag = "lists", params(PageQuery),
    responses((status = 200, description = "A page of lists.", body = Page<ListRow>)))]
pub(crate) async fn all(
    app: Within,
    Asked(query): Asked<PageQuery>,
    OriginalUri(uri): OriginalUri,
) -> Result<Response, Problem> {
    let wanted = Wanted::of(query.cursor.as_deref(), query.limit)?;
    let page = wanted.of_all(every(&app).await?, by_name);
    let items = rows(&app, page.items).await?;
    Ok(Page { items, next: page.next }.answer(&uri))
}

/// Every list of the caller's, by name.
pub(crate) async fn every(app: &Within) -> Result<Vec<List>, Problem> {
    let mut lists = app.ports().lists.lists().await?;
    lists.retain(|list| app.covers(&list.id));
    lists.sort_by_key(by_name);
    Ok(lists)
}

/// Lists as rows of a table.
pub(crate) async fn rows(app: &Within, lists: Vec<List>) -> Result<Vec<ListRow>, Problem> {
    let mut rows = Vec::with_capacity(lists.len());
    for status in status::of_lists(app.ports(), lists).await? {
        rows.push(ListRow::load(app.ports(), status).await?);
    }
    Ok(rows)
}

fn by_name(list: &List) -> String {
    format!("{} {}", list.name.to_lowercase(), list.id)
}

/// A list to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewList {
    /// Its name, unique without regard to case.
    #[schema(
        min_length = 1,
        max_length = 256,
        pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$"
    )]
    pub name: String,
    /// A filter over all contacts (RFC 7644, section 3.4.2.2), for a filtered list.
    #[schema(max_length = 4096)]
    pub filter: Option<String>,
    /// Whether its members may leave it by themselves.
    #[schema(value_type = Option<words::OptOutRule>)]
    pub opt_out: Option<OptOutRule>,
    /// How many additions by files and runs go on without a person; `as-settings`: as the settings say.
    #[schema(pattern = "^(as-settings|standard|off|10000%|[1-9]?[0-9]{1,3}%|[0-9]{1,18})$")]
    pub max_additions: Option<String>,
    /// Within which time a file of it should come, such as `8d` or `36h`, or `off`.
    #[schema(pattern = "^(off|[1-9][0-9]{0,2}d|[1-9][0-9]{0,4}[hms])$")]
    pub expect_every: Option<String>,
}

/// Makes a list.
#[utoipa::path(post, path = "/v1/lists", tag = "lists", request_body = NewList,
    responses((status = 201, description = "The list; its path is in Location.", body = ListDocument)))]
pub(crate) async fn create(app: Within, Told(new): Told<NewList>) -> Result<Response, Problem> {
    let list = made(&app, new).await?;
    let location = format!("/v1/lists/{}", list.id);
    let answer = shown(&app, list).await?;
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], answer).into_response())
}

/// Makes it.
pub(crate) async fn made(app: &Within, new: NewList) -> Result<List, Problem> {
    let NewList { name: given, filter, opt_out, max_additions, expect_every } = new;
    let name = name("name", &given)?;
    let (max_additions, expect_every) = (additions(max_additions)?, expect(expect_every)?);
    let kind = match filter {
        Some(filter) => {
            Some(ListKind::Filtered { filter: filters::judged(app, "filter", &filter).await?.into() })
        }
        None => None,
    };
    let ports = app.ports();
    let list = naming::create_list(ports.lists.as_ref(), &name, app.now()).await?;
    app.touch(ObjectKind::List, &list.id);
    let list = match (&kind, opt_out, &max_additions, expect_every) {
        (None, None, None, None) => list,
        _ => {
            let edit = ListEdit { kind, opt_out, max_additions, expect_every, ..ListEdit::default() };
            match edited(app, &list, None, &edit).await {
                Ok(list) => list,
                // A list without its filter is not what was asked for.
                Err(problem) => {
                    let _ = ports.lists.delete_list(&list.id).await;
                    return Err(problem);
                }
            }
        }
    };
    Ok(list)
}

/// One list, by name or id, with its counts and links.
#[utoipa::path(get, path = "/v1/lists/{list}", tag = "lists",
    params(("list" = String, Path, description = "A list's name or id.")),
    responses((status = 200, description = "The list; its version is the ETag.", body = ListDocument)))]
pub(crate) async fn one(app: Within, Named([list]): Named<1>) -> Result<Response, Problem> {
    Ok(tagged(document(&app, &list).await?))
}

/// It, with its counts and links.
pub(crate) async fn document(app: &Within, list: &str) -> Result<ListDocument, Problem> {
    let list = app.list(list).await?;
    Ok(ListDocument::load(app.ports(), list).await?)
}

/// An edit of a list: what it does not name stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListPatch {
    /// A new name.
    #[schema(
        min_length = 1,
        max_length = 256,
        pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$"
    )]
    name: Option<String>,
    /// Who decides who is on it; a list that becomes static keeps its members.
    kind: Option<PatchKind>,
    /// A filter over all contacts; makes it a filtered list.
    #[schema(max_length = 4096)]
    filter: Option<String>,
    /// Whether its members may leave it by themselves.
    #[schema(value_type = Option<words::OptOutRule>)]
    opt_out: Option<OptOutRule>,
    /// How many additions by files and runs go on without a person; `as-settings`: as the settings say.
    #[schema(pattern = "^(as-settings|standard|off|10000%|[1-9]?[0-9]{1,3}%|[0-9]{1,18})$")]
    max_additions: Option<String>,
    /// Within which time a file of it should come, such as `8d` or `36h`, or `off`.
    #[schema(pattern = "^(off|[1-9][0-9]{0,2}d|[1-9][0-9]{0,4}[hms])$")]
    expect_every: Option<String>,
}

fn additions(text: Option<String>) -> Result<Option<Own<AdditionLimit>>, Problem> {
    let read = text.map(|text| text.parse::<Own<AdditionLimit>>()).transpose();
    read.map_err(|error| Problem::invalid("max_additions", error.to_string()))
}

fn expect(text: Option<String>) -> Result<Option<Expect>, Problem> {
    let read = text.map(|text| text.parse::<Expect>()).transpose();
    read.map_err(|error| Problem::invalid("expect_every", error.to_string()))
}

/// What a list can be made into without more ado.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum PatchKind {
    /// People decide.
    Static,
    /// A filter decides.
    Filtered,
}

/// Edits a list. If-Match names the version that the edit is of.
#[utoipa::path(patch, path = "/v1/lists/{list}", tag = "lists", request_body = ListPatch,
    params(("list" = String, Path, description = "A list's name or id.")),
    responses((status = 200, description = "The list as it is now.", body = ListDocument)))]
pub(crate) async fn edit(
    app: Within,
    Named([list]): Named<1>,
    headers: HeaderMap,
    Told(patch): Told<ListPatch>,
) -> Result<Response, Problem> {
    let expected = etag::expected(&headers)?;
    let list = app.list(&list).await?;
    let ListPatch { name: given, kind, filter, opt_out, max_additions, expect_every } = patch;
    let expect_every = expect(expect_every)?;
    let max_additions = additions(max_additions)?;
    if filter.is_some() {
        // A filter is over all contacts: it would show whoever is on another list, a condition at a time.
        app.demand_tenant()?;
    }
    let kind = match (kind, filter, &list.kind) {
        (Some(PatchKind::Static), Some(_), _) => {
            return Err(Problem::invalid("filter", "a static list has no filter"));
        }
        (Some(PatchKind::Static), None, _) => Some(ListKind::Static),
        (_, Some(filter), _) => {
            Some(ListKind::Filtered { filter: filters::judged(&app, "filter", &filter).await?.into() })
        }
        (Some(PatchKind::Filtered), None, ListKind::Static) => {
            return Err(Problem::invalid("filter", "a filtered list needs a filter"));
        }
        (Some(PatchKind::Filtered) | None, None, _) => None,
    };
    let name = match given.as_deref().map(|text| name("name", text)).transpose()? {
        Some(name) => Some(naming::fresh_name(app.ports().lists.as_ref(), &name, Some(&list.id)).await?),
        None => None,
    };
    let edit = ListEdit { name, kind, opt_out, max_additions, expect_every, ..ListEdit::default() };
    let list = edited(&app, &list, expected.of(list.version), &edit).await?;
    shown(&app, list).await
}

/// Deletes a list. Its contacts stay.
#[utoipa::path(delete, path = "/v1/lists/{list}", tag = "lists",
    params(("list" = String, Path, description = "A list's name or id.")),
    responses((status = 204, description = "It is gone.")))]
pub(crate) async fn delete(app: Within, Named([list]): Named<1>) -> Result<StatusCode, Problem> {
    let list = app.list(&list).await?;
    app.ports().lists.delete_list(&list.id).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn shown(app: &Within, list: List) -> Result<Response, Problem> {
    Ok(tagged(ListDocument::load(app.ports(), list).await?))
}

fn tagged(document: ListDocument) -> Response {
    let tag = etag::tag(Version(document.list.version));
    ([(header::ETAG, tag)], Json(document)).into_response()
}

async fn edited(
    app: &Within,
    list: &List,
    expected: Option<Version>,
    edit: &ListEdit,
) -> Result<List, Problem> {
    Ok(people::edit_list(&app.service, &list.id, expected, edit).await?.what)
}
