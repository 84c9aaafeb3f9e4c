//! One person: on which lists, what they said, what happened, and erasing them.

use axum::{extract::Path, http::Method, response::Response};
use listsync_core::{address::Address, contact::Decision, list::Standing};
use listsync_http::{
    PageQuery, Problem,
    documents::contact::{PersonExport, PlaceDocument, SaidDocument},
    operations::{NewDecision, ReasonWord},
};
use maud::{Markup, html};
use url::form_urlencoded;

use super::members::happened;
use crate::{
    answer::{self, Page, again, settled},
    form::Form,
    frame::Here,
    parts::{Field, address, button, crumbs, field, moment, name_of, next, only, token, url},
    visit::{Posted, Visit},
};

const PAGE: u16 = 30;

pub(crate) async fn show(visit: Visit, Path(contact): Path<String>) -> Response {
    let found = page(&visit, contact, None).await;
    settled(&visit, Here::People, found)
}

async fn page(visit: &Visit, id: String, wrong: Option<Problem>) -> Result<Response, Problem> {
    let person = visit.asking.person(id).await?;
    let id = person.contact.id.to_string();
    let query = PageQuery { cursor: visit.query().some("cursor"), limit: Some(PAGE) };
    let history = visit.asking.history_of_person(id.clone(), query).await?;
    let contact = &person.contact;
    let body = html! {
        (crumbs(&[("/people", "People")], &contact.address))
        div.head {
            div { h1 { (name_of(&contact.name, Some(&contact.address))) } p.lead { (address(&contact.address)) } }
            @if may_erase(visit) {
                div.buttons { a.button href={ "/people/" (id) "/erase" } { "Erase this person…" } }
            }
        }
        (facts(&person))
        (lists(visit, &person))
        (of_all(visit, &person))
        @if !person.decisions.is_empty() { (said(&person.decisions)) }
        section.stack-3.rule aria-labelledby="history" {
            h2 #history { "What happened" }
            (happened("Newest first", &history.items))
            (next(history.next.as_deref(), &format!("/people/{id}"), &[], "Earlier"))
        }
    };
    Ok(Page::new(Here::People, contact.address.clone(), body).wrong(wrong).answer(visit))
}

fn facts(person: &PersonExport) -> Markup {
    let contact = &person.contact;
    html! { dl.facts {
        @if !contact.aliases.is_empty() { dt { "Also" } dd { @for alias in &contact.aliases { p { (address(alias)) } } } }
        @if let Some(key) = &contact.external_id { dt { "Key" } dd { bdi { (key) } } }
        @if let Some(object) = &contact.object_id { dt { "In Entra ID" } dd { code { (object) } } }
        dt { "Domain" } dd { @if contact.external { "external" } @else { "internal" } }
        @if let Some(no) = &contact.opted_out { dt { "Wants no list" } dd { "since " (moment(no.at)) } }
        @if let Some(mail) = &contact.undeliverable { dt { "Undeliverable" } dd { "since " (moment(mail.at)) } }
        @for (name, value) in &contact.fields { dt { bdi { (name) } } dd { bdi { (value.value) } } }
    } }
}

fn lists(visit: &Visit, person: &PersonExport) -> Markup {
    let may = visit.may(Method::POST, "/v1/lists/{list}/decisions");
    html! {
        section.stack-3 aria-labelledby="lists" {
            h2 #lists { "Lists" }
            @if person.lists.is_empty() { p { "On no list." } } @else {
                table.stack role="table" {
                    caption { "Where this person stands" }
                    thead role="rowgroup" { tr role="row" {
                        th role="columnheader" scope="col" { "List" } th role="columnheader" scope="col" { "Stands" }
                        th role="columnheader" scope="col" { "Since" }
                        @if may { th role="columnheader" scope="col" { "What the person says" } }
                    } }
                    tbody role="rowgroup" { @for place in &person.lists { (place_row(visit, person, place, may)) } }
                }
            }
            @if !may { (only("operate", "Recording what a person says")) }
        }
    }
}

fn place_row(visit: &Visit, person: &PersonExport, place: &PlaceDocument, may: bool) -> Markup {
    let (tint, word) = match place.state {
        Standing::Member => ("fine", "on the list"),
        Standing::OptedOut => ("quiet", "opted out"),
        Standing::Pending => ("wait", "yet to confirm"),
        Standing::Absent => ("quiet", "was on it"),
    };
    let why = url(&format!("/lists/{}/why", place.list.id), [("address", person.contact.address.as_str())]);
    html! { tr role="row" {
        th role="rowheader" scope="row" { a href={ "/lists/" (place.list.id) } { bdi { (place.list.name) } } }
        td role="cell" data-label="Stands" { span { span class={ "state " (tint) } { (word) } " " a.small href=(why) { "why?" span.unseen { " on " (place.list.name) } } } }
        td role="cell" data-label="Since" { span { (moment(place.since)) } }
        @if may { td role="cell" data-label="Says" {
            @let out = place.state != Standing::OptedOut;
            @let (what, words) = if out { ("opted_out", "Opt out") } else { ("subscribed", "Subscribe again") };
            (button(visit, &format!("/people/{}/consent", person.contact.id), &[("what", what), ("list", &place.list.id)],
                &html! { button { (words) span.unseen { " of " (place.list.name) } } }))
        } }
    } }
}

fn of_all(visit: &Visit, person: &PersonExport) -> Markup {
    let is_out = person.contact.opted_out.is_some();
    let (what, words) = match is_out {
        true => ("subscribed", "The person wants messages again"),
        false => ("opted_out", "The person wants no list at all"),
    };
    html! { @if visit.may(Method::POST, "/v1/decisions") {
        (button(visit, &format!("/people/{}/consent", person.contact.id), &[("what", what), ("list", "")], &html! { button { (words) } }))
    } }
}

fn said(all: &[SaidDocument]) -> Markup {
    html! { section.stack-3 aria-labelledby="said" {
        h2 #said { "What this person said" }
        ul.bullets { @for one in all { li {
            (moment(one.at)) ": " (if one.decision == Decision::OptedOut { "opted out of " } else { "subscribed to " })
            @match &one.list { Some(list) => bdi { (list.name) }, None => "all lists" }
        } } }
    } }
}

/// Records what a person says, as an operator heard it.
pub(crate) async fn say(Path(contact): Path<String>, Posted { visit, form }: Posted) -> Response {
    let done = record(&visit, contact.clone(), &form).await;
    match done {
        Ok(id) => answer::to(&format!("/people/{id}")),
        Err(problem) => {
            let found = page(&visit, contact, Some(problem.clone())).await;
            again(&visit, Here::People, problem, found)
        }
    }
}

async fn record(visit: &Visit, contact: String, form: &Form) -> Result<String, Problem> {
    let decision = match form.get("what") {
        "opted_out" => Decision::OptedOut,
        "subscribed" => Decision::Subscribed,
        _ => return Err(Problem::invalid("what", "say whether the person opts out or subscribes")),
    };
    let person = visit.asking.person(contact).await?;
    let said = NewDecision { address: person.contact.address, decision, reason: None::<ReasonWord> };
    visit.asking.say(form.some("list"), said).await?;
    Ok(person.contact.id.to_string())
}

pub(crate) async fn ask_erase(visit: Visit, Path(contact): Path<String>) -> Response {
    let found = erase_page(&visit, contact, &Form::default(), None).await;
    settled(&visit, Here::People, found)
}

async fn erase_page(
    visit: &Visit,
    id: String,
    form: &Form,
    wrong: Option<Problem>,
) -> Result<Response, Problem> {
    let whom = whom(visit, id).await?;
    let (known, path) = (whom.address(), whom.path());
    let sure = Field {
        name: "address",
        label: "The address of the person who is to be erased",
        hint: "As it stands above, so that it is this person and no other.",
        value: form.get("address"),
        wrong: wrong.as_ref(),
        now: None,
    };
    let body = html! {
        @match &whom {
            Whom::Contact(person) => (crumbs(&[("/people", "People"), (&format!("/people/{}", person.contact.id), known)], "Erase")),
            Whom::Nobody(_) => (crumbs(&[("/people", "People")], "Erase")),
        }
        div.head { div {
            h1 { "Erase " (address(known)) "?" }
            @match &whom {
                Whom::Contact(_) => p.lead { "Address, name and fields are erased wherever they are kept. No file and no group brings this person back. It cannot be undone." },
                Whom::Nobody(_) => p.lead { "Nobody here has this address as a contact. Files that wait, runs and imports may name it all the same. It is struck from them, and is held off every list from now on. It cannot be undone." },
            }
        } }
        form.stack-3 method="post" action={ (path) "/erase" } {
            (token(visit))
            (field(&sure))
            div.buttons { button.grave { "Erase 1 person" } a href=(whom.back()) { "Leave everything as it is" } }
        }
    };
    Ok(Page::new(Here::People, format!("Erase {known}?"), body).wrong(wrong).answer(visit))
}

/// Who is to be erased.
enum Whom {
    Contact(Box<PersonExport>),
    /// Whoever has this address, which is no contact's.
    Nobody(Address),
}

async fn whom(visit: &Visit, text: String) -> Result<Whom, Problem> {
    let address = Address::parse(&text);
    match (visit.asking.person(text).await, address) {
        (Err(problem), Ok(address)) if problem.code == "no_such_contact" && may_erase(visit) => {
            Ok(Whom::Nobody(address))
        }
        (found, _) => found.map(|person| Whom::Contact(Box::new(person))),
    }
}

impl Whom {
    fn address(&self) -> &str {
        match self {
            Self::Contact(person) => &person.contact.address,
            Self::Nobody(address) => address.as_str(),
        }
    }

    /// The page that is about them.
    fn path(&self) -> String {
        match self {
            Self::Contact(person) => format!("/people/{}", person.contact.id),
            Self::Nobody(address) => nobodys_path(address.as_str()),
        }
    }

    fn back(&self) -> String {
        match self {
            Self::Contact(_) => self.path(),
            Self::Nobody(_) => "/people".to_owned(),
        }
    }
}

pub(super) fn may_erase(visit: &Visit) -> bool {
    visit.may(Method::POST, "/v1/contacts/{contact}/erase")
}

/// Where whoever has an address is erased who is no contact.
pub(super) fn nobodys_path(address: &str) -> String {
    let text: String = form_urlencoded::byte_serialize(address.as_bytes()).collect();
    format!("/people/{text}")
}

pub(crate) async fn erase(Path(contact): Path<String>, Posted { visit, form }: Posted) -> Response {
    let done = erased(&visit, contact.clone(), form.get("address")).await;
    match done {
        Ok(Whom::Contact(_)) => answer::to("/people"),
        Ok(Whom::Nobody(_)) => answer::to("/people?erased=address"),
        Err(problem) => {
            let found = erase_page(&visit, contact, &form, Some(problem.clone())).await;
            again(&visit, Here::People, problem, found)
        }
    }
}

async fn erased(visit: &Visit, contact: String, typed: &str) -> Result<Whom, Problem> {
    let whom = whom(visit, contact).await?;
    if !whom.address().eq_ignore_ascii_case(typed) {
        return Err(Problem::invalid(
            "address",
            "this is not the address of the person whom the page is about",
        ));
    }
    let named = match &whom {
        Whom::Contact(person) => person.contact.id.to_string(),
        Whom::Nobody(address) => address.to_string(),
    };
    visit.asking.erase(named).await?;
    Ok(whom)
}
