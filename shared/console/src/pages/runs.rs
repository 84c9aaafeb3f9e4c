//! Runs, newest first.

use axum::response::Response;
use listsync_core::summary::{Outcome, Summary};
use listsync_http::{Problem, operations::RunsQuery};
use maud::{Markup, html};

use super::plot::plot;
use crate::{
    answer::{Page, settled},
    frame::Here,
    parts::{moment, next, number},
    visit::Visit,
};

const PAGE: u16 = 50;
/// Runs that the picture is made of.
const PICTURED: u16 = 500;

pub(crate) async fn show(visit: Visit) -> Response {
    let found = page(&visit).await;
    settled(&visit, Here::Runs, found)
}

async fn page(visit: &Visit) -> Result<Response, Problem> {
    let query = visit.query();
    let link = query.get("link");
    let wanted = RunsQuery { cursor: query.some("cursor"), limit: Some(PAGE), link: query.some("link") };
    let part = visit.asking.runs(wanted).await?;
    let picture = if query.get("cursor").is_empty() {
        pictured(visit, link).await?
    } else {
        html! {}
    };
    let body = html! {
        div.head { div {
            h1 { "Runs" }
            p.lead { @if part.items.is_empty() { "No run has ended yet." } @else { "What each sync did, newest first." } }
            @if !link.is_empty() { p { a href="/runs" { "Runs of all lists" } } }
        } }
        (picture)
        @if !part.items.is_empty() { (table(&part.items)) }
        (next(part.next.as_deref(), "/runs", &[("link", link)], "Earlier runs"))
    };
    Ok(Page::new(Here::Runs, "Runs", body).answer(visit))
}

/// What the runs did over time: of one link with its list's members, where the list is there still.
async fn pictured(visit: &Visit, link: &str) -> Result<Markup, Problem> {
    let of_link = Some(link.to_owned()).filter(|link| !link.is_empty());
    let wanted = RunsQuery { cursor: None, limit: Some(PICTURED), link: of_link };
    let runs = visit.asking.runs(wanted).await?.items;
    let list = runs.first().filter(|_| !link.is_empty()).map(|run| run.list.id.clone());
    let members = match list {
        Some(list) => visit.asking.list(list).await.ok().map(|list| list.members),
        None => None,
    };
    Ok(plot(&runs, members))
}

fn table(runs: &[Summary]) -> Markup {
    html! {
        table.stack role="table" {
            caption { (number(runs.len() as u64)) " runs on this page" }
            thead role="rowgroup" { tr role="row" {
                th role="columnheader" scope="col" { "Ended" }
                th role="columnheader" scope="col" { "List" }
                th role="columnheader" scope="col" { "Outcome" }
                th role="columnheader" scope="col" { "List: joined, left" }
                th role="columnheader" scope="col" { "Outlook list: joined, left" }
                th role="columnheader" scope="col" { "Failures" }
            } }
            tbody role="rowgroup" { @for run in runs { tr role="row" {
                th role="rowheader" scope="row" { a href={ "/runs/" (run.run) } { (moment(run.finished_at)) } }
                td role="cell" data-label="List" { bdi { (run.list.name) } }
                td role="cell" data-label="Outcome" { span { (outcome(run)) } }
                td role="cell" data-label="On list" { span { (number(run.list.added)) ", " (number(run.list.removed)) } }
                td role="cell" data-label="In group" { span { (number(run.group.added)) ", " (number(run.group.removed)) } }
                td role="cell" data-label="Failures" { span { (number(run.failures.len() as u64)) } }
            } } }
        }
    }
}

/// How a run ended, as a word in a tint.
pub(super) fn outcome(run: &Summary) -> Markup {
    let tint = match run.outcome {
        Outcome::Converged => "fine",
        Outcome::Continued | Outcome::Waiting | Outcome::Busy | Outcome::Planned => "wait",
        Outcome::Partial => "look",
        Outcome::Held | Outcome::Halted | Outcome::Failed => "stop",
    };
    html! { span class={ "state " (tint) } { (run.outcome.to_string()) } }
}
