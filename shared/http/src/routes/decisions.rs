//! What people say of themselves: about one list, or all of them.

use std::time::Duration;

use axum::Json;
use listsync_core::{
    address::Address,
    audit::{Action, ObjectKind},
    contact::{Decision, OptOutReason, Saying, Scope},
    id::ListId,
};
use listsync_engine::people::{self, Stored};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{address, texts};
use crate::{
    ask::{Named, Told},
    documents::{contact::DecisionDocument, words},
    problem::Problem,
    within::Within,
};

/// What a person said.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDecision {
    /// Whose.
    #[schema(format = "email", example = "anna@contoso.example")]
    pub address: String,
    /// What.
    #[schema(value_type = words::Decision)]
    pub decision: Decision,
    /// Why, where it is an opt-out of all lists: `own` where it is left out, or `complaint`.
    pub reason: Option<ReasonWord>,
}

/// Why a person opts out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReasonWord {
    /// They said so.
    Own,
    /// They reported a message as spam.
    Complaint,
}

/// Records what a person said of this list. It beats every import, every edit and the group.
#[utoipa::path(post, path = "/v1/lists/{list}/decisions", tag = "decisions", request_body = NewDecision,
    params(("list" = String, Path, description = "A list's name or id.")),
    responses((status = 200, description = "It is stored, and the links were asked to run.", body = DecisionDocument)))]
pub(crate) async fn of_list(
    app: Within,
    Named([list]): Named<1>,
    Told(new): Told<NewDecision>,
) -> Result<Json<DecisionDocument>, Problem> {
    let list = app.list(&list).await?;
    if new.reason == Some(ReasonWord::Complaint) {
        let detail = "a complaint is about all lists";
        return Err(Problem::invalid("reason", detail).hint("send it to /v1/decisions"));
    }
    said(&app, new, Some(list.id)).await
}

/// Records what a person said of all lists, present and future.
#[utoipa::path(post, path = "/v1/decisions", tag = "decisions", request_body = NewDecision,
    responses((status = 200, description = "It is stored, and the links were asked to run.", body = DecisionDocument)))]
pub(crate) async fn of_all(
    app: Within,
    Told(new): Told<NewDecision>,
) -> Result<Json<DecisionDocument>, Problem> {
    said(&app, new, None).await
}

async fn said(
    app: &Within,
    new: NewDecision,
    list: Option<ListId>,
) -> Result<Json<DecisionDocument>, Problem> {
    let address: Address = address("address", &new.address)?;
    let saying = Saying {
        address: address.clone(),
        decision: new.decision,
        scope: list.clone().map_or(Scope::All, Scope::List),
        reason: match new.reason {
            Some(ReasonWord::Complaint) => OptOutReason::Complaint,
            Some(ReasonWord::Own) | None => OptOutReason::Own,
        },
        via: app.via(),
        at: app.now(),
    };
    app.did(match new.decision {
        Decision::Subscribed => Action::ConsentSubscribe,
        Decision::OptedOut => Action::ConsentOptOut,
    });
    let was_member = match &list {
        Some(list) => Some(people::is_member(&app.service, list, &address).await?),
        None => None,
    };
    let Stored { what: heard, links } = people::say(&app.service, &saying, Duration::ZERO).await?;
    if let Some(contact) = &heard.contact {
        app.touch(ObjectKind::Contact, contact);
    }
    Ok(Json(DecisionDocument {
        list: list.map(String::from),
        address: address.into(),
        decision: new.decision,
        was_member,
        changed: texts(&heard.lists),
        links: texts(&links),
    }))
}
