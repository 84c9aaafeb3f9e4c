//! One import: what it did, what it holds, and taking it back.

use axum::{extract::Path, http::Method, response::Response};
use listsync_engine::ports::{Import, ImportState};
use listsync_http::{
    Problem,
    documents::{
        import::{AffectedSchema, ImportShown},
        import_undo::{UndoPlanDocument, UndoneOf},
    },
};
use maud::{Markup, html};

use super::imports::state;
use crate::{
    answer::{self, Page, again, settled},
    frame::Here,
    parts::{Shown, count, crumbs, moment, number, only, people, persons, token},
    visit::{Posted, Visit},
};

/// Names of each kind that are shown.
const NAMES: usize = 50;

pub(crate) async fn show(visit: Visit, Path(import): Path<String>) -> Response {
    let found = page(&visit, import, None).await;
    settled(&visit, Here::Import, found)
}

/// Does what it holds, or drops it.
pub(crate) async fn rule(Path(import): Path<String>, Posted { visit, form }: Posted) -> Response {
    let done = match form.get("do") {
        "approve" => visit.asking.approve_import(import.clone()).await.map(drop),
        "discard" => visit.asking.discard_import(import.clone()).await.map(drop),
        _ => Err(Problem::invalid("do", "say whether it is taken or dropped")),
    };
    match done {
        Ok(()) => answer::to(&format!("/imports/{}", import.replace('/', ""))),
        Err(problem) => {
            let found = page(&visit, import, Some(problem.clone())).await;
            again(&visit, Here::Import, problem, found)
        }
    }
}

async fn page(visit: &Visit, id: String, wrong: Option<Problem>) -> Result<Response, Problem> {
    let ImportShown { import, joins, leaves } = visit.asking.import(id).await?;
    let list = visit.asking.list(import.list.to_string()).await?.list;
    let is_held = import.state == ImportState::Held;
    let can_undo = import.undo_until.is_some_and(|until| visit.console.now() < until)
        && import.undone.is_none()
        && visit.may(Method::POST, "/v1/imports/{import}/undo");
    let body = html! {
        (crumbs(&[("/imports", "Import"), (&format!("/lists/{}", list.id), &list.name)], &import.file))
        div.head {
            div {
                h1 { @if is_held { "Take the rest of " bdi.mono { (import.file) } "?" } @else { bdi.mono { (import.file) } } }
                p { (state(&import)) }
                p.lead { (number(import.added)) " joined, " (number(import.removed)) " left “" bdi { (list.name) } "” by it." }
                @if is_held { p { (persons(import.held)) " would leave and " (number(import.held_additions)) " would join, once a person says so." } }
            }
            @if can_undo { div.buttons { a.button href={ "/imports/" (import.id) "/undo" } { "Undo this import…" } } }
        }
        (who("leave", &leaves, list.id.as_str()))
        (who("join", &joins, list.id.as_str()))
        @if is_held { (decision(visit, &import)) }
        (facts(&import))
    };
    Ok(Page::new(Here::Import, format!("{}, import", import.file), body).wrong(wrong).answer(visit))
}

fn who(words: &str, all: &[AffectedSchema], list: &str) -> Markup {
    let shown = all.iter().take(NAMES).map(|one| {
        let row = html! { @match one.row { Some(row) => { "row " (row) }, None => "not in the file" } };
        Shown::on(list, Some(one.address.clone()), row).called(&one.name)
    });
    let shown: Vec<Shown> = shown.collect();
    let caption = format!("The first {} of {}", number(shown.len() as u64), number(all.len() as u64));
    html! { @if !all.is_empty() {
        section.stack-3 { h2 { (persons(all.len() as u64)) " would " (words) } (people(&caption, "In the file", &shown)) }
    } }
}

fn decision(visit: &Visit, import: &Import) -> Markup {
    let changes = import.held + import.held_additions;
    html! {
        @if visit.may(Method::POST, "/v1/imports/{import}/approve") {
            form.stack-2 method="post" action={ "/imports/" (import.id) } aria-label="Your decision" {
                (token(visit))
                div.buttons {
                    button.grave name="do" value="approve" { "Take it: " (number(import.held)) " leave, " (number(import.held_additions)) " join" } " "
                    button name="do" value="discard" { "Drop " (count(changes, "change", "changes")) } " "
                    a href="/" { "Decide later" }
                }
            }
        } @else { (only("approve", "Deciding")) }
    }
}

fn facts(import: &Import) -> Markup {
    html! { details.rule { summary { h2 { "What the file had" } } dl.facts {
        dt { "Sent" } dd { (moment(import.at)) }
        dt { "Rows" } dd { (number(import.rows)) }
        dt { "Already on the list" } dd { (number(import.unchanged + import.updated)) }
        dt { "Opted out" } dd { (number(import.opted_out)) }
        dt { "Not taken" } dd { (count(import.rejected, "row", "rows")) }
        dt { "Named twice" } dd { (number(import.repeated)) }
        dt { "Said to leave" } dd { (number(import.leaving)) }
        @if !import.profile.is_empty() { dt { "Profile" } dd { (import.profile) } }
        @if let Some(undone) = &import.undone { dt { "Taken back" } dd { (moment(undone.at)) } }
    } } }
}

pub(crate) async fn ask_undo(visit: Visit, Path(import): Path<String>) -> Response {
    let found = undo_page(&visit, import, None).await;
    settled(&visit, Here::Import, found)
}

async fn undo_page(visit: &Visit, id: String, wrong: Option<Problem>) -> Result<Response, Problem> {
    let plan = visit.asking.undo_of_import(id).await?;
    let totals = &plan.totals;
    let body = html! {
        (crumbs(&[("/imports", "Import"), (&format!("/imports/{}", plan.import), &plan.list.name)], "Undo"))
        div.head { div {
            h1 { "Undo this import into “" bdi { (plan.list.name) } "”?" }
            p.lead { (persons(totals.leave)) " would leave the list, " (number(totals.come_back)) " would come back, " (number(totals.restored)) " would be as they were, " (number(totals.left_out)) " keep something." }
            @if plan.later_imports > 0 { p { (count(plan.later_imports, "file was", "files were")) " taken in after it." } }
        } }
        (undone(&plan))
        form method="post" action={ "/imports/" (plan.import) "/undo" } {
            (token(visit))
            input type="hidden" name="digest" value=(plan.digest);
            div.buttons {
                button.grave { "Undo: " (number(totals.leave)) " leave, " (number(totals.come_back)) " come back" }
                a href={ "/imports/" (plan.import) } { "Leave it as it is" }
            }
        }
    };
    Ok(Page::new(Here::Import, "Undo an import?", body).wrong(wrong).answer(visit))
}

fn undone(plan: &UndoPlanDocument) -> Markup {
    let shown = plan.people.iter().take(NAMES).map(|one: &UndoneOf| {
        let more = html! {
            (one.back.join(", "))
            @for stays in &one.stays { span.under { "stays: " (stays.part) ", " (stays.message) } }
        };
        Shown::on(&plan.list.id, one.address.clone(), more).called(&one.name)
    });
    let shown: Vec<Shown> = shown.collect();
    let caption = format!("The first {} of {}", number(shown.len() as u64), number(plan.people.len() as u64));
    people(&caption, "What is taken back", &shown)
}

pub(crate) async fn undo(Path(import): Path<String>, Posted { visit, form }: Posted) -> Response {
    match visit.asking.undo_import(import.clone(), form.get("digest").to_owned()).await {
        Ok(done) => answer::to(&format!("/imports/{}", done.import.id)),
        Err(problem) => {
            let found = undo_page(&visit, import, Some(problem.clone())).await;
            again(&visit, Here::Import, problem, found)
        }
    }
}
