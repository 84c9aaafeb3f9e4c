//! Who joined or left, when, and by what.

use std::collections::BTreeSet;

use axum::{extract::OriginalUri, response::Response};
use listsync_core::id::ListId;
use listsync_engine::history::{self, HistoryPage, HistoryPlace};

use crate::{
    ask::{Asked, Named},
    documents::history::{HistoryDocument, ListNames},
    page::{Page, PageQuery, Wanted},
    problem::Problem,
    within::Within,
};

/// Who joined or left the list and the groups that are linked to it, when, and by what, the newest first. Of the list it goes
/// back three months; of what runs did as far as the setting `effects-keep` says.
#[utoipa::path(get, path = "/v1/lists/{list}/history", tag = "members",
    params(("list" = String, Path, description = "A list's name or id."), PageQuery),
    responses((status = 200, description = "A page of what happened.", body = Page<HistoryDocument>)))]
pub(crate) async fn of_list(
    app: Within,
    Named([list]): Named<1>,
    Asked(query): Asked<PageQuery>,
    OriginalUri(uri): OriginalUri,
) -> Result<Response, Problem> {
    Ok(list_page(&app, &list, &query).await?.answer(&uri))
}

/// What happened to a list, by page.
pub(crate) async fn list_page(
    app: &Within,
    list: &str,
    query: &PageQuery,
) -> Result<Page<HistoryDocument>, Problem> {
    let wanted = Wanted::of(query.cursor.as_deref(), query.limit)?;
    let from = wanted.after.as_deref().map(str::parse::<HistoryPlace>).transpose();
    let from = from.map_err(|_| Problem::parameter("cursor", "this is no cursor of a history"))?;
    let list = app.list(list).await?;
    let HistoryPage { items, next } = history::of_list(&app.service, &list.id, from, wanted.limit).await?;
    let mut names = ListNames::new(app.ports());
    let mut documents: Vec<HistoryDocument> = Vec::with_capacity(items.len());
    for happened in &items {
        documents.push(names.document(happened).await?);
    }
    Ok(Page::of(documents, next.as_ref().map(ToString::to_string)))
}

/// When somebody joined or left lists and the groups that are linked to them, and by what, the newest first: of all lists on
/// which they are or were and that the caller may see.
#[utoipa::path(get, path = "/v1/contacts/{contact}/history", tag = "contacts",
    params(("contact" = String, Path, description = "A contact's id or address."), PageQuery),
    responses((status = 200, description = "A page of what happened.", body = Page<HistoryDocument>)))]
pub(crate) async fn of_contact(
    app: Within,
    Named([contact]): Named<1>,
    Asked(query): Asked<PageQuery>,
    OriginalUri(uri): OriginalUri,
) -> Result<Response, Problem> {
    Ok(contact_page(&app, &contact, &query).await?.answer(&uri))
}

/// What happened to a person, by page.
pub(crate) async fn contact_page(
    app: &Within,
    contact: &str,
    query: &PageQuery,
) -> Result<Page<HistoryDocument>, Problem> {
    let wanted = Wanted::of(query.cursor.as_deref(), query.limit)?;
    let begin: usize = match wanted.after.as_deref().map(str::parse).transpose() {
        Ok(begin) => begin.unwrap_or(0),
        Err(_) => return Err(Problem::parameter("cursor", "this is no cursor of a contact's history")),
    };
    let contact = app.contact(contact).await?;
    let places = app.service.contacts.places(&contact.id).await?;
    let lists: BTreeSet<ListId> =
        places.into_iter().map(|place| place.list).filter(|list| app.covers(list)).collect();
    let all = history::of_contact(&app.service, &contact, &lists).await?;
    let mut names = ListNames::new(app.ports());
    let mut documents: Vec<HistoryDocument> = Vec::new();
    for happened in all.iter().skip(begin).take(wanted.limit) {
        documents.push(names.document(happened).await?);
    }
    let end = begin.saturating_add(documents.len());
    Ok(Page::of(documents, (end < all.len()).then(|| end.to_string())))
}
