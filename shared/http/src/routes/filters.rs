//! Filters of lists: what one would make of a list, and why somebody is on it or not.

use axum::Json;
use listsync_core::{
    filter::{Fact, Filter},
    id::ContactId,
    list::{ListKind, Origin, Standing},
};
use listsync_engine::{
    filtered,
    ports::{EntryQuery, PortError},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::in_field;
use crate::{
    ask::{Asked, Named, Told},
    documents::words,
    problem::Problem,
    within::Within,
};

/// A filter that may be saved.
pub(crate) async fn judged(app: &Within, field: &str, text: &str) -> Result<Filter, Problem> {
    filtered::checked(&app.service, text).await.map_err(|error| match error.code.as_str() {
        "bad_filter" => {
            let PortError { message, hint, .. } = error;
            Problem::invalid(field, message).hint(hint)
        }
        _ => error.into(),
    })
}

/// A filter to be tried.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FilterTrial {
    /// A filter over all contacts (RFC 7644, section 3.4.2.2).
    #[schema(min_length = 1, max_length = 4096, example = "department eq \"Sales\"")]
    filter: String,
}

/// What a filter would make of a list.
#[derive(Serialize, ToSchema)]
pub(crate) struct FilterPreview {
    /// How many contacts there are.
    contacts: u64,
    /// How many of them match.
    matching: u64,
    /// How many would join the list.
    joining: u64,
    /// How many would leave it.
    leaving: u64,
    /// Some of those who would join.
    join: Vec<SampleContact>,
    /// Some of those who would leave.
    leave: Vec<SampleContact>,
    /// Why it may not be what was meant.
    warning: Option<String>,
}

/// One of those who would join or leave.
#[derive(Serialize, ToSchema)]
pub(crate) struct SampleContact {
    /// Their contact.
    contact: String,
    /// Their address.
    address: String,
    /// Their display name, possibly empty.
    name: String,
}

/// What a filter would make of this list; nothing is changed.
#[utoipa::path(post, path = "/v1/lists/{list}/filter-preview", tag = "filters", request_body = FilterTrial,
    params(("list" = String, Path, description = "A list's name or id.")),
    responses((status = 200, description = "Who would join and leave.", body = FilterPreview)))]
pub(crate) async fn preview(
    app: Within,
    Named([list]): Named<1>,
    Told(trial): Told<FilterTrial>,
) -> Result<Json<FilterPreview>, Problem> {
    let list = app.list(&list).await?;
    let filter = judged(&app, "filter", &trial.filter).await?;
    let preview = filtered::preview(&app.service, Some(&list.id), &filter).await?;
    let warning = preview.warning().map(str::to_owned);
    Ok(Json(FilterPreview {
        contacts: preview.contacts,
        matching: preview.matching,
        joining: preview.joining,
        leaving: preview.leaving,
        join: sample(&app, &preview.join).await?,
        leave: sample(&app, &preview.leave).await?,
        warning,
    }))
}

async fn sample(app: &Within, ids: &[ContactId]) -> Result<Vec<SampleContact>, Problem> {
    let mut sample = Vec::with_capacity(ids.len());
    for id in ids {
        let found = app.service.contacts.contact(id).await?;
        sample.extend(found.map(|contact| SampleContact {
            contact: contact.id.into(),
            address: contact.address.into(),
            name: contact.name,
        }));
    }
    Ok(sample)
}

/// Whom it is about.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ExplainQuery {
    /// The id or address of a contact.
    contact: String,
}

/// Why a contact is on a list or not.
#[derive(Serialize, ToSchema)]
pub(crate) struct ExplanationDocument {
    /// Their contact.
    contact: String,
    /// How they stand to the list.
    #[schema(value_type = words::Standing)]
    state: Standing,
    /// Who brought them there; null: they never were on it.
    #[schema(value_type = Option<String>)]
    origin: Option<Origin>,
    /// Whether they opted out of all lists.
    opted_out_of_all: bool,
    /// The list's filter; null: people decide.
    filter: Option<String>,
    /// Whether they match it; null: there is none.
    matches: Option<bool>,
    /// What of the filter decided.
    because: Vec<FactDocument>,
}

/// What one condition of a filter found.
#[derive(Serialize, ToSchema)]
pub(crate) struct FactDocument {
    /// The field, as the filter writes it.
    field: String,
    /// The contact's value, if it has one.
    value: Option<String>,
    /// Whether the condition holds.
    holds: bool,
    /// All of it as a sentence.
    text: String,
}

/// Why a contact is on this list or not.
#[utoipa::path(get, path = "/v1/lists/{list}/explain", tag = "filters",
    params(("list" = String, Path, description = "A list's name or id."), ExplainQuery),
    responses((status = 200, description = "What decided.", body = ExplanationDocument)))]
pub(crate) async fn explain(
    app: Within,
    Named([list]): Named<1>,
    Asked(query): Asked<ExplainQuery>,
) -> Result<Json<ExplanationDocument>, Problem> {
    let list = app.list(&list).await?;
    let contact = app.contact(&query.contact).await.map_err(in_field("contact"))?;
    let entries =
        app.ports().lists.entries(&list.id, EntryQuery::Contacts(std::slice::from_ref(&contact.id))).await?;
    let place =
        app.service.contacts.places(&contact.id).await?.into_iter().find(|place| place.list == list.id);
    let mut document = ExplanationDocument {
        contact: contact.id.to_string(),
        state: entries.first().map_or(Standing::Absent, |entry| entry.standing),
        origin: place.map(|place| place.origin),
        opted_out_of_all: contact.opted_out.is_some(),
        filter: None,
        matches: None,
        because: Vec::new(),
    };
    if let ListKind::Filtered { filter } = list.kind {
        let parsed = judged(&app, "filter", &filter).await?;
        if let Some(explained) = filtered::explain(&app.service, &parsed, &contact.id).await? {
            document.matches = Some(explained.matches);
            document.because = explained.because.into_iter().map(fact).collect();
        }
        document.filter = Some(filter);
    }
    Ok(Json(document))
}

fn fact(fact: Fact) -> FactDocument {
    let text = fact.to_string();
    FactDocument { field: fact.field, value: fact.value, holds: fact.holds, text }
}
