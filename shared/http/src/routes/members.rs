//! Who is on a list: the operator's view and edits.

use std::collections::BTreeMap;

use axum::{
    Json,
    extract::OriginalUri,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
};
use listsync_core::{
    address::Address,
    id::LinkId,
    list::{List, NewContact},
    stay::Stay,
};
use listsync_engine::{
    people::{self, Stored},
    ports::{AddOutcome, Cursor, EntryPage, RemoveOutcome},
};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{display_name, imports::wants_csv, runs::csv_answer, texts};
use crate::{
    ask::{Asked, MayTell, Named},
    documents::{
        export,
        list::{MemberDocument, MemberEdit},
    },
    page::{self, Page, PageQuery, Wanted, next_header},
    problem::Problem,
    within::Within,
};

/// Everybody who is on the list, opted out of it, or has yet to confirm. Where Accept asks for text/csv: those of the page who
/// are on it, as a table that can be imported.
#[utoipa::path(get, path = "/v1/lists/{list}/members", tag = "members",
    params(("list" = String, Path, description = "A list's name or id."), PageQuery),
    responses((status = 200, description = "A page of members.", 
        content((Page<MemberDocument> = "application/json"), (String = "text/csv")))))]
pub(crate) async fn all(
    app: Within,
    Named([list]): Named<1>,
    Asked(query): Asked<PageQuery>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let wanted = Wanted::of(query.cursor.as_deref(), query.limit)?;
    let list = app.list(&list).await?;
    if wants_csv(&headers) {
        let EntryPage { entries, next } = entries(&app, &list, &wanted).await?;
        let next = next.map(|Cursor(next)| next);
        let table = export::table(&app.service, &entries).await?;
        let file = csv_answer(StatusCode::OK, table.into_bytes(), "members.csv");
        return Ok((next_header(next.as_deref(), &uri), file).into_response());
    }
    Ok(page_of(&app, &list, &wanted).await?.answer(&uri))
}

/// Who is on it, by page.
pub(crate) async fn page_of(
    app: &Within,
    list: &List,
    wanted: &Wanted,
) -> Result<Page<MemberDocument>, Problem> {
    let settings = app.ports().settings.settings().await?;
    let EntryPage { entries, next } = entries(app, list, wanted).await?;
    let next = next.map(|Cursor(next)| next);
    Ok(Page::of(entries, next).map(|entry| MemberDocument::of(entry, &settings)))
}

async fn entries(app: &Within, list: &List, wanted: &Wanted) -> Result<EntryPage, Problem> {
    let lists = std::slice::from_ref(&list.id);
    let page = app.ports().lists.entries_page(lists, wanted.cursor().as_ref(), wanted.limit).await;
    page.map_err(page::refused)
}

/// What is known of somebody who is put on a list.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewMember {
    /// Their display name.
    #[schema(max_length = 256, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$")]
    pub(crate) name: Option<String>,
    /// Until when they are on the list: a last day such as `2026-12-31` (UTC), a moment, or `never`. Left out: a member keeps the
    /// end that they have, and a newcomer has none.
    #[schema(example = "2026-12-31", max_length = 64)]
    pub(crate) until: Option<String>,
}

/// Puts somebody on the list: an operator's edit. Who opted out is not put back by it.
#[utoipa::path(put, path = "/v1/lists/{list}/members/{member}", tag = "members", request_body = Option<NewMember>,
    params(("list" = String, Path, description = "A list's name or id."),
        ("member" = String, Path, description = "An address, or the id of a contact.")),
    responses((status = 200, description = "They were on it already.", body = MemberEdit),
        (status = 201, description = "They are on it now.", body = MemberEdit)))]
pub(crate) async fn put(
    app: Within,
    Named([list, member]): Named<2>,
    MayTell(new): MayTell<NewMember>,
) -> Result<Response, Problem> {
    let edit = put_on(&app, Place { list: &list, member: &member }, &new).await?;
    let status = if edit.outcome == ADDED { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(edit)).into_response())
}

/// What is said of somebody who was not on a list before.
const ADDED: &str = "added";

/// Who is to be on which list.
pub(crate) struct Place<'a> {
    /// The list's name or id.
    pub(crate) list: &'a str,
    /// An address, or the id of a contact.
    pub(crate) member: &'a str,
}

/// Puts somebody on the list.
pub(crate) async fn put_on(
    app: &Within,
    Place { list, member }: Place<'_>,
    new: &NewMember,
) -> Result<MemberEdit, Problem> {
    let list = app.list(list).await?;
    let address = member_address(app, member).await?;
    let mut name = display_name("name", new.name.as_deref().unwrap_or_default())?;
    let name_kept = !name.is_empty() && !app.may_edit_at(&address).await?;
    if name_kept {
        name.clear();
    }
    let stay = match &new.until {
        Some(text) => {
            Stay::parse(text, app.now()).map_err(|error| Problem::invalid("until", error.to_string()))?
        }
        None => Stay::AsItIs,
    };
    let contact = NewContact { address: address.clone(), name, fields: BTreeMap::new() };
    let Stored { what, links } = people::add(&app.service, &list.id, &contact, stay).await?;
    app.touch_person(&address).await?;
    let (outcome, until) = (what.outcome, what.until);
    match outcome {
        AddOutcome::Added => Ok(MemberEdit { name_kept, until, ..edited(list, address, (ADDED, links)) }),
        AddOutcome::Already => {
            if contact.name.is_empty() && stay == Stay::AsItIs {
                app.did_nothing();
            }
            Ok(MemberEdit { name_kept, until, ..edited(list, address, ("already", links)) })
        }
        AddOutcome::OptedOut => {
            Err(Problem::conflict("opted_out", "this person opted out, and only they can undo that")
                .hint("when they say so themselves, record it as a decision"))
        }
    }
}

/// Takes somebody off the list: an operator's edit, and no opt-out.
#[utoipa::path(delete, path = "/v1/lists/{list}/members/{member}", tag = "members",
    params(("list" = String, Path, description = "A list's name or id."),
        ("member" = String, Path, description = "An address, or the id of a contact.")),
    responses((status = 200, description = "They are not on it.", body = MemberEdit)))]
pub(crate) async fn remove(
    app: Within,
    Named([list, member]): Named<2>,
) -> Result<Json<MemberEdit>, Problem> {
    let list = app.list(&list).await?;
    let address = member_address(&app, &member).await?;
    let Stored { what, links } = people::remove(&app.service, &list.id, &address).await?;
    app.touch_person(&address).await?;
    let outcome = match what {
        RemoveOutcome::Removed => "removed",
        RemoveOutcome::Absent => {
            app.did_nothing();
            "absent"
        }
    };
    Ok(Json(edited(list, address, (outcome, links))))
}

async fn member_address(app: &Within, member: &str) -> Result<Address, Problem> {
    if member.contains('@') {
        return Address::parse(member)
            .map_err(|error| Problem::parameter("member", error.to_string()).hint("give a bare address"));
    }
    app.contact(member).await.map(|contact| contact.address)
}

fn edited(list: List, address: Address, (outcome, links): (&'static str, Vec<LinkId>)) -> MemberEdit {
    let links = texts(&links);
    MemberEdit { list: list.id, address: address.into(), outcome, links, until: None, name_kept: false }
}
