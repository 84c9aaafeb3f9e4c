//! *My lists*: the lists that a person is on or left, each with a button. What a button does is what the page of an opt-out
//! link does for that list; a list that is not theirs is not on the page, and no form of it is taken.

use std::fmt::Write as _;

use axum::{
    extract::{Path, Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use listsync_core::{
    contact::Contact,
    id::ListId,
    list::{List, Standing},
};
use listsync_engine::{ports::PortResult, service::Service};

use super::{
    MAX_BODY, Pages, Refusal, Token,
    act::{Action, Outcome, act},
    html::{document, escape, name, status},
    later, not_found, not_read, page,
    person::{About, Holder, Person, Stance, stance},
    text,
};
use crate::{
    admission::{Peer, Visitor},
    body, form, my_lists,
};

/// What a button does.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Wish {
    Leave(ListId),
    ComeBack(ListId),
    LeaveAll,
    /// Takes back that they want none.
    UndoAll,
}

impl Wish {
    fn of(fields: &[(String, String)]) -> Option<Self> {
        let list = || ListId::parse(form::field(fields, "list")?).ok();
        match form::field(fields, "action")? {
            "leave" => list().map(Self::Leave),
            "come_back" => list().map(Self::ComeBack),
            "leave_all" => Some(Self::LeaveAll),
            "undo_all" => Some(Self::UndoAll),
            _ => None,
        }
    }
}

/// A list on the page.
struct Row {
    list: List,
    stance: Stance,
}

pub(super) async fn show(State(pages): State<Pages>, token: Token, request: Request) -> Response {
    let Ok(Path(token)) = token else { return not_found() };
    let contact = match pages.enter_mine(&token, &Peer::of(&request), Visitor::Reader(&token)).await {
        Ok(contact) => contact,
        Err(refusal) => return refusal.into_response(),
    };
    match rows(&pages.service, &contact).await {
        Ok(rows) => page(StatusCode::OK, html(&contact, &rows, "")),
        Err(error) => later(error),
    }
}

pub(super) async fn submit(State(pages): State<Pages>, token: Token, request: Request) -> Response {
    let Ok(Path(token)) = token else { return not_found() };
    let peer = Peer::of(&request);
    let (parts, sent) = request.into_parts();
    let contact = match pages.enter_mine(&token, &peer, Visitor::OptOut(&token)).await {
        Ok(contact) => contact,
        Err(refusal) => return refusal.into_response(),
    };
    let body = match body::whole(sent, MAX_BODY).await {
        Ok(body) => body,
        Err(unread) => return not_read(&unread),
    };
    match done(&pages.service, contact, wish(&parts.headers, &body)).await {
        Ok(response) => response,
        Err(error) => later(error),
    }
}

fn wish(headers: &HeaderMap, body: &[u8]) -> Option<Wish> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    Wish::of(&form::read(kind, body)?)
}

async fn done(service: &Service, contact: Contact, wish: Option<Wish>) -> PortResult<Response> {
    let rows_before = rows(service, &contact).await?;
    let about = wish.and_then(|wish| match &wish {
        Wish::Leave(list) | Wish::ComeBack(list) => {
            let row = rows_before.iter().find(|row| row.list.id == *list)?;
            Some((wish, About::List(row.list.clone())))
        }
        Wish::LeaveAll | Wish::UndoAll => Some((wish, About::All)),
    });
    let Some((wish, about)) = about else {
        let why = "Nothing was changed: the request does not say what to do. Open the link in a browser.";
        return Ok(text(StatusCode::BAD_REQUEST, why));
    };
    let action = match wish {
        Wish::Leave(_) => Action::Unsubscribe,
        Wish::ComeBack(_) => Action::Resubscribe,
        Wish::LeaveAll => Action::UnsubscribeAll,
        Wish::UndoAll => Action::Undo,
    };
    let name = name(&about);
    let stance = stance(service, &contact, &about).await?;
    let person = Person { holder: Holder::Kept(Box::new(contact)), about, stance };
    let acted = act(service, person, action).await?;
    let is_refused = acted.outcome == Outcome::Refused;
    let told = match (is_refused, action) {
        (true, _) => format!("Nothing was changed: {name} does not allow it."),
        (false, Action::Resubscribe) => format!("You are subscribed to {name} again."),
        (false, Action::Undo) => "It is as before: you may be on lists again.".to_owned(),
        (false, _) => format!("You are unsubscribed from {name}. It takes effect within minutes."),
    };
    let Holder::Kept(contact) = acted.person.holder else { return Ok(not_found()) };
    let rows = rows(service, &contact).await?;
    let code = if is_refused { StatusCode::FORBIDDEN } else { StatusCode::OK };
    Ok(page(code, html(&contact, &rows, &told)))
}

/// Those that they are on or left, by name. Where somebody else took them off, they are not: only their own no is theirs to
/// take back.
async fn rows(service: &Service, contact: &Contact) -> PortResult<Vec<Row>> {
    let mut rows = Vec::new();
    for place in service.contacts.places(&contact.id).await? {
        if place.standing == Standing::Absent {
            continue;
        }
        let Some(list) = service.ports.lists.list(&place.list).await? else { continue };
        let about = About::List(list.clone());
        let stance = stance(service, contact, &about).await?;
        rows.push(Row { list, stance });
    }
    rows.sort_by(|one, other| one.list.name.cmp(&other.list.name));
    Ok(rows)
}

fn html(contact: &Contact, rows: &[Row], told: &str) -> String {
    let mut body = if told.is_empty() { String::new() } else { status(told) };
    if rows.is_empty() {
        body += "<p>You are on no list.</p>";
    } else {
        body += "<ul>";
        for row in rows {
            body += &item(row);
        }
        body += "</ul>";
    }
    match contact.opted_out {
        None if !rows.is_empty() => body += &button("leave_all", None, "Unsubscribe from all lists"),
        // A complaint is the sender's to take back.
        Some(no) if no.reason == listsync_core::contact::OptOutReason::Own => {
            body += "<p>You want no list, present or future.</p>";
            body += &button("undo_all", None, "Take that back");
        }
        _ => {}
    }
    document("My lists", &body)
}

fn item(Row { list, stance }: &Row) -> String {
    let name = escape(&list.name);
    let mut item = format!("<li><p><strong><bdi>{name}</bdi></strong>: ");
    let (state, act) = match stance {
        Stance::Open => ("you are on it", Some(("leave", "Unsubscribe from"))),
        Stance::Out | Stance::OutOfAll => ("you left it", Some(("come_back", "Subscribe again to"))),
        Stance::Complained => ("you left it: a message to you was reported as spam", None),
        Stance::Mandatory => ("you are on it, and nobody can unsubscribe from it", None),
    };
    let _ = write!(item, "{state}.</p>");
    if let Some((action, words)) = act {
        item += &button(action, Some(&list.id), &format!("{words} “{name}”"));
    }
    item + "</li>"
}

fn button(action: &str, list: Option<&ListId>, label: &str) -> String {
    let list =
        list.map(|list| format!("<input type=\"hidden\" name=\"list\" value=\"{}\">", escape(list.as_str())));
    format!(
        "<form method=\"post\"><input type=\"hidden\" name=\"action\" value=\"{action}\">{}\
         <button type=\"submit\">{label}</button></form>",
        list.unwrap_or_default()
    )
}

impl Pages {
    /// The person of a signed link to their lists, once they are let in. Who was erased or deleted, or has another address by
    /// now, is nobody.
    async fn enter_mine(&self, token: &str, peer: &Peer, visitor: Visitor<'_>) -> Result<Contact, Refusal> {
        let (service, now) = (&self.service, self.service.ports.clock.now());
        let keys = service.keys.signing_keys(now).await?;
        let link = self.let_in(my_lists::read(&keys, token, now), peer, visitor)?;
        let contact = service.contacts.contact(&link.contact).await?;
        contact.filter(|contact| link.is_of(contact)).ok_or(Refusal::NoLink)
    }
}
