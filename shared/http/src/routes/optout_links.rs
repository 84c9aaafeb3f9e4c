//! Signed opt-out links, for whoever sends the messages.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use listsync_core::Timestamp;
use listsync_core::{contact::Scope, list::OptOutRule};
use listsync_inbound::{
    my_lists,
    optout_link::{issue, list_unsubscribe_headers, page_url},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::in_field;
use crate::{ask::Told, problem::Problem, within::Within};

/// Whose link, for what.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewOptOutLink {
    /// The id or address of a contact.
    #[schema(min_length = 1)]
    contact: String,
    /// The name or id of the list that it leaves; left out: all lists.
    list: Option<String>,
}

/// A signed link, and what a message carries.
#[derive(Serialize, ToSchema)]
pub(crate) struct OptOutLinkDocument {
    /// The page with the button.
    url: String,
    /// The headers of the message; both have to be covered by its DKIM signature. None for a mandatory list: nobody leaves
    /// it by a click, so that a button would promise what is refused.
    headers: Option<OptOutHeaders>,
}

/// The headers that mail programs make a button of (RFC 8058).
#[derive(Serialize, ToSchema)]
pub(crate) struct OptOutHeaders {
    /// The value of `List-Unsubscribe`.
    #[serde(rename = "List-Unsubscribe")]
    list_unsubscribe: String,
    /// The value of `List-Unsubscribe-Post`.
    #[serde(rename = "List-Unsubscribe-Post")]
    list_unsubscribe_post: &'static str,
}

/// Signs a link by which a contact leaves a list, or all, without signing in.
///
/// The header's value is longer than many mail libraries leave alone. It has to reach the message in one piece and as it
/// is, and the DKIM signature has to name `List-Unsubscribe` and `List-Unsubscribe-Post`, or no button appears: with Python's
/// `EmailMessage` take `policy=email.policy.SMTP.clone(max_line_length=998)`, with nodemailer version 10.6.1 or newer.
#[utoipa::path(post, path = "/v1/opt-out-links", tag = "decisions", request_body = NewOptOutLink,
    responses((status = 201, description = "The link and the headers.", body = OptOutLinkDocument)))]
pub(crate) async fn create(app: Within, Told(new): Told<NewOptOutLink>) -> Result<Response, Problem> {
    let base = app.options.public_url.as_deref().ok_or_else(no_base)?;
    let contact = app.contact(&new.contact).await.map_err(in_field("contact"))?;
    let (scope, rule) = match &new.list {
        Some(list) => {
            let list = app.list(list).await.map_err(in_field("list"))?;
            (Scope::List(list.id), list.opt_out)
        }
        None => {
            app.demand_tenant()?;
            (Scope::All, OptOutRule::Allowed)
        }
    };
    let token = issue(&app.service, &contact.id, scope).await?;
    let headers =
        list_unsubscribe_headers(base, &token).map_err(|error| no_base().hint(error.to_string()))?;
    let headers = (rule == OptOutRule::Allowed).then_some(OptOutHeaders {
        list_unsubscribe: headers.list_unsubscribe,
        list_unsubscribe_post: headers.list_unsubscribe_post,
    });
    Ok((StatusCode::CREATED, Json(OptOutLinkDocument { url: page_url(base, &token), headers }))
        .into_response())
}

/// Whose link.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewMyListsLink {
    /// The id or address of a contact.
    #[schema(min_length = 1)]
    contact: String,
}

/// A link to somebody's page *my lists*.
#[derive(Serialize, ToSchema)]
pub(crate) struct MyListsLinkDocument {
    /// The page. Whoever has it sees the person's lists.
    url: String,
    /// To which address it is to be sent, and to no other.
    address: String,
    /// Until when it is good; it also ends when the person has another address.
    until: Timestamp,
}

/// Signs a link to a person's page *my lists*: which they are on, leave, come back. Send it to the address in the answer alone.
#[utoipa::path(post, path = "/v1/my-lists-links", tag = "decisions", request_body = NewMyListsLink,
    responses((status = 201, description = "The link.", body = MyListsLinkDocument)))]
pub(crate) async fn create_mine(app: Within, Told(new): Told<NewMyListsLink>) -> Result<Response, Problem> {
    let base = app.options.public_url.as_deref().ok_or_else(no_base)?;
    let contact = app.contact(&new.contact).await.map_err(in_field("contact"))?;
    let my_lists::MyLists { token, until } = my_lists::issue(&app.service, &contact).await?;
    let (url, address) = (my_lists::page_url(base, &token), contact.address.into());
    Ok((StatusCode::CREATED, Json(MyListsLinkDocument { url, address, until })).into_response())
}

fn no_base() -> Problem {
    Problem::conflict(
        "no_public_url",
        "this server does not know its public address, which has to be an https URL",
    )
    .hint("set LISTSYNC_PUBLIC_URL to it")
}
