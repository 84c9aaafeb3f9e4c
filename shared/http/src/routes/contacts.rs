//! Contacts: the people, on however many lists.

use std::collections::{BTreeMap, BTreeSet};

use axum::{
    Json,
    extract::OriginalUri,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use listsync_core::{
    address::Address,
    audit::ObjectKind,
    contact::{Contact, ExternalId, Scope, UndeliverableReason},
    list::Origin,
    text::judge_person,
};
use listsync_engine::{
    people,
    ports::{ContactEdit, MailState},
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::{address, display_name, in_field, texts};
use crate::{
    ask::{Asked, Named, Told},
    documents::contact::{ContactDocument, Gone, PersonExport, PlaceDocument, SaidDocument},
    etag,
    page::{Page, Wanted},
    problem::Problem,
    within::Within,
};

/// Which contacts.
#[derive(Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ContactsQuery {
    /// The `next` of the page before.
    pub cursor: Option<String>,
    /// How many items at most.
    #[param(minimum = 1, maximum = 500, default = 100)]
    pub limit: Option<u16>,
    /// Only who has this address or alias.
    pub address: Option<String>,
    /// Only who has this key in the system that files come from.
    pub external_id: Option<String>,
}

/// Every contact, in the order of ids; with `address` or `external_id`, the one who has it.
#[utoipa::path(get, path = "/v1/contacts", tag = "contacts", params(ContactsQuery),
    responses((status = 200, description = "A page of contacts.", body = Page<ContactDocument>)))]
pub(crate) async fn all(
    app: Within,
    Asked(query): Asked<ContactsQuery>,
    OriginalUri(uri): OriginalUri,
) -> Result<Response, Problem> {
    Ok(page_of(&app, &query).await?.answer(&uri))
}

/// They, by page.
pub(crate) async fn page_of(app: &Within, query: &ContactsQuery) -> Result<Page<ContactDocument>, Problem> {
    let wanted = Wanted::of(query.cursor.as_deref(), query.limit)?;
    let settings = app.ports().settings.settings().await?;
    let page = match (&query.address, &query.external_id) {
        (Some(_), Some(_)) => {
            return Err(Problem::parameter("external_id", "give address or external_id, not both"));
        }
        (Some(text), None) => {
            let address =
                Address::parse(text).map_err(|error| Problem::parameter("address", error.to_string()))?;
            Page::of(only(app, address.as_str()).await?, None)
        }
        (None, Some(text)) => {
            let key = ExternalId::parse(text)
                .map_err(|error| Problem::parameter("external_id", error.to_string()))?;
            match app.service.contacts.find_external(&key).await? {
                Some(contact) => Page::of(only(app, contact.id.as_str()).await?, None),
                None => Page::of(Vec::new(), None),
            }
        }
        (None, None) => app.contacts(&wanted).await?,
    };
    Ok(page.map(|contact| ContactDocument::of(contact, &settings)))
}

/// The one contact of an id or address, where there is one that the caller may see.
async fn only(app: &Within, text: &str) -> Result<Vec<Contact>, Problem> {
    match app.contact(text).await {
        Ok(contact) => Ok(vec![contact]),
        Err(problem) if problem.status.is_client_error() => Ok(Vec::new()),
        Err(problem) => Err(problem),
    }
}

/// A contact to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewContact)]
pub(crate) struct NewContactBody {
    /// Their address.
    #[schema(format = "email", example = "anna@contoso.example")]
    address: String,
    /// Their display name.
    #[serde(default)]
    #[schema(max_length = 256, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$")]
    name: String,
    /// Their key in the system that files come from.
    #[schema(
        min_length = 1,
        max_length = 128,
        pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$"
    )]
    external_id: Option<String>,
    /// Further fields, by name.
    #[serde(default)]
    fields: BTreeMap<String, String>,
    /// Further addresses of theirs.
    #[serde(default)]
    #[schema(max_items = 20)]
    aliases: Vec<String>,
}

/// Makes a contact, on no list yet.
#[utoipa::path(post, path = "/v1/contacts", tag = "contacts", request_body = NewContactBody,
    responses((status = 201, description = "The contact; its path is in Location.", body = ContactDocument)))]
pub(crate) async fn create(app: Within, Told(new): Told<NewContactBody>) -> Result<Response, Problem> {
    let address = address("address", &new.address)?;
    let edit = ContactEdit {
        address: None,
        name: Some(display_name("name", &new.name)?),
        external_id: new.external_id.as_deref().map(external_id).transpose()?,
        ended_ids: BTreeSet::new(),
        fields: fields(new.fields)?,
        add_aliases: addresses("aliases", &new.aliases)?,
        remove_aliases: BTreeSet::new(),
        mail: None,
    };
    let contact = people::create(&app.service, &address, &edit, Origin::Manual).await?.what;
    app.touch(ObjectKind::Contact, &contact.id);
    let location = format!("/v1/contacts/{}", contact.id);
    let answer = shown(&app, contact).await?;
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], answer).into_response())
}

/// One contact, by id or address.
#[utoipa::path(get, path = "/v1/contacts/{contact}", tag = "contacts",
    params(("contact" = String, Path, description = "A contact's id or address.")),
    responses((status = 200, description = "The contact; its version is the ETag.", body = ContactDocument)))]
pub(crate) async fn one(app: Within, Named([contact]): Named<1>) -> Result<Response, Problem> {
    let contact = app.contact(&contact).await?;
    shown(&app, contact).await
}

/// An edit of a contact: what it does not name stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ContactPatch {
    /// A new address; the former one becomes an alias.
    #[schema(format = "email", example = "anna@contoso.example")]
    address: Option<String>,
    /// A new display name.
    #[schema(max_length = 256, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$")]
    name: Option<String>,
    /// A new key in the system that files come from.
    #[schema(
        min_length = 1,
        max_length = 128,
        pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$"
    )]
    external_id: Option<String>,
    /// Fields; an empty value clears one.
    #[serde(default)]
    fields: BTreeMap<String, String>,
    /// Addresses to be theirs besides.
    #[serde(default)]
    #[schema(max_items = 20)]
    add_aliases: Vec<String>,
    /// Addresses to be theirs no more.
    #[serde(default)]
    #[schema(max_items = 20)]
    remove_aliases: Vec<String>,
    /// Whether messages reach them.
    mail: Option<MailWord>,
}

/// Whether messages reach a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum MailWord {
    /// They do.
    Reaches,
    /// They do not: an operator says so.
    Undeliverable,
}

/// Edits a contact. If-Match names the version that the edit is of.
#[utoipa::path(patch, path = "/v1/contacts/{contact}", tag = "contacts", request_body = ContactPatch,
    params(("contact" = String, Path, description = "A contact's id or address.")),
    responses((status = 200, description = "The contact as it is now.", body = ContactDocument)))]
pub(crate) async fn edit(
    app: Within,
    Named([contact]): Named<1>,
    headers: HeaderMap,
    Told(patch): Told<ContactPatch>,
) -> Result<Response, Problem> {
    let expected = etag::expected(&headers)?;
    let contact = app.contact_to_edit(&contact).await?;
    let edit = judged(patch)?;
    let expected = expected.of(contact.version);
    let edited = people::edit(&app.service, &contact.id, expected, &edit, Origin::Manual).await?.what;
    shown(&app, edited).await
}

fn judged(patch: ContactPatch) -> Result<ContactEdit, Problem> {
    Ok(ContactEdit {
        address: patch.address.as_deref().map(|text| address("address", text)).transpose()?,
        name: patch.name.as_deref().map(|text| display_name("name", text)).transpose()?,
        external_id: patch.external_id.as_deref().map(external_id).transpose()?,
        ended_ids: BTreeSet::new(),
        fields: fields(patch.fields)?,
        add_aliases: addresses("add_aliases", &patch.add_aliases)?,
        remove_aliases: addresses("remove_aliases", &patch.remove_aliases)?,
        mail: patch.mail.map(|word| match word {
            MailWord::Reaches => MailState::Reaches,
            MailWord::Undeliverable => MailState::Undeliverable(UndeliverableReason::Manual),
        }),
    })
}

fn external_id(text: &str) -> Result<ExternalId, Problem> {
    ExternalId::parse(text).map_err(|error| Problem::invalid("external_id", error.to_string()))
}

fn addresses(field: &str, texts: &[String]) -> Result<BTreeSet<Address>, Problem> {
    texts.iter().map(|text| address(field, text)).collect()
}

fn fields(given: BTreeMap<String, String>) -> Result<BTreeMap<String, String>, Problem> {
    let odd = |text: &str| text.chars().any(|c| c.is_control() && c != '\n');
    if given.iter().any(|(name, value)| name.trim().is_empty() || odd(name) || odd(value)) {
        return Err(Problem::invalid("fields", "a field has a name, and no control characters"));
    }
    let pairs = given.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    judge_person("", pairs).map_err(|error| Problem::invalid("fields", error.to_string()))?;
    Ok(given)
}

/// Deletes a contact from every list. Their opt-outs stay, as keyed hashes of what they are known by.
#[utoipa::path(delete, path = "/v1/contacts/{contact}", tag = "contacts",
    params(("contact" = String, Path, description = "A contact's id or address.")),
    responses((status = 204, description = "They are gone.")))]
pub(crate) async fn delete(app: Within, Named([contact]): Named<1>) -> Result<StatusCode, Problem> {
    let contact = app.contact_to_edit(&contact).await?;
    people::delete(&app.service, &contact.id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Erases a person with every trace of address, name and fields. No file and no group brings them back. An address that is
/// no contact's is erased as well, as files that wait, runs and imports may name it: then the answer has no `id`.
#[utoipa::path(post, path = "/v1/contacts/{contact}/erase", tag = "contacts",
    params(("contact" = String, Path, description = "A contact's id or address.")),
    responses((status = 200, description = "They are erased.", body = Gone)))]
pub(crate) async fn erase(app: Within, Named([contact]): Named<1>) -> Result<Json<Gone>, Problem> {
    if let Some(address) = app.nobodys_address(&contact).await? {
        people::erase_address(&app.service, &address).await?;
        return Ok(Json(Gone { id: None, lists: Vec::new() }));
    }
    let contact = app.contact(&contact).await?;
    let lists = people::erase(&app.service, &contact.id).await?.what;
    Ok(Json(Gone { id: Some(contact.id.into()), lists: texts(&lists) }))
}

/// Everything that is known of a person.
#[utoipa::path(get, path = "/v1/contacts/{contact}/export", tag = "contacts",
    params(("contact" = String, Path, description = "A contact's id or address.")),
    responses((status = 200, description = "The person's data.", body = PersonExport)))]
pub(crate) async fn export(app: Within, Named([contact]): Named<1>) -> Result<Json<PersonExport>, Problem> {
    let contact = app.contact(&contact).await?;
    let settings = app.ports().settings.settings().await?;
    let (mut lists, mut decisions) = (Vec::new(), Vec::new());
    for place in app.service.contacts.places(&contact.id).await? {
        if !app.covers(&place.list) {
            continue;
        }
        lists.push(PlaceDocument::load(app.ports(), place).await?);
    }
    for said in app.service.contacts.sayings(&contact.id).await? {
        if matches!(&said.scope, Scope::List(list) if !app.covers(list)) {
            continue;
        }
        decisions.push(SaidDocument::load(app.ports(), said).await?);
    }
    let contact = ContactDocument::of(contact, &settings);
    Ok(Json(PersonExport { exported_at: app.now(), contact, lists, decisions }))
}

/// Who is to be made one with a contact.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Merge {
    /// The id or address of the other contact, who is gone afterwards.
    #[schema(min_length = 1)]
    other: String,
}

/// Makes two contacts one: an opt-out of either is one of the merged contact.
#[utoipa::path(post, path = "/v1/contacts/{contact}/merge", tag = "contacts", request_body = Merge,
    params(("contact" = String, Path, description = "The id or address of the contact that stays.")),
    responses((status = 200, description = "The merged contact.", body = ContactDocument)))]
pub(crate) async fn merge(
    app: Within,
    Named([contact]): Named<1>,
    Told(Merge { other }): Told<Merge>,
) -> Result<Response, Problem> {
    let keep = app.contact_to_edit(&contact).await?;
    let other = app.contact_to_edit(&other).await.map_err(in_field("other"))?;
    if keep.id == other.id {
        return Err(Problem::invalid("other", "this is the same contact"));
    }
    let merged = people::merge(&app.service, &keep.id, &other.id).await?.what;
    shown(&app, merged).await
}

async fn shown(app: &Within, contact: Contact) -> Result<Response, Problem> {
    let tag = etag::tag(contact.version);
    let settings = app.ports().settings.settings().await?;
    Ok(([(header::ETAG, tag)], Json(ContactDocument::of(contact, &settings))).into_response())
}
