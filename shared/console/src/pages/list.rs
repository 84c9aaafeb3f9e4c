//! One list: how it stands, its groups, and what can be done.

use axum::{extract::Path, http::Method, response::Response};
use listsync_core::{duration, unsettled::Unsettled};
use listsync_engine::{ports::LinkState, status::Row};
use listsync_http::{Problem, documents::list::ListDocument, operations::Standing};
use maud::{Markup, html};

use super::{
    grid,
    linking::{self, Wish},
};
use crate::{
    answer::{self, Page, again, settled},
    frame::Here,
    parts::{Shown, button, chip, moment, number, only, people, url},
    visit::{Posted, Visit},
};

pub(crate) async fn show(visit: Visit, Path(list): Path<String>) -> Response {
    let wish = Wish::of(&visit.query(), None);
    let found = page(&visit, list, wish).await;
    settled(&visit, Here::Lists, found)
}

/// Links the list to a new group, or to one that is there.
pub(crate) async fn link(Path(list): Path<String>, Posted { visit, form }: Posted) -> Response {
    let done = match linking::body(&list, &form) {
        Ok(body) => visit.asking.link(body).await,
        Err(problem) => Err(problem),
    };
    match done {
        Ok(link) => answer::to(&format!("/lists/{}", link.list.id)),
        Err(problem) => {
            let found = page(&visit, list, Wish::of(&form, Some(problem.clone()))).await;
            again(&visit, Here::Lists, problem, found)
        }
    }
}

/// Syncs a link now, pauses it, or resumes it.
pub(crate) async fn act(Path(link): Path<String>, Posted { visit, form }: Posted) -> Response {
    let done = match form.get("do") {
        "pause" => visit.asking.pause(link).await.map(drop),
        "resume" => visit.asking.resume(link).await.map(drop),
        "sync" => visit.asking.sync(link).await.map(drop),
        _ => Err(Problem::invalid("do", "say what is to be done: sync, pause or resume")),
    };
    match done {
        Ok(()) => answer::to(&format!("/lists/{}", form.get("list").replace('/', ""))),
        Err(problem) => answer::refusal(&visit, Here::Lists, problem),
    }
}

async fn page(visit: &Visit, list: String, wish: Wish) -> Result<Response, Problem> {
    let document = visit.asking.list(list).await?;
    let standing = visit.asking.standing_of(document.list.id.to_string()).await?;
    let grid = grid::grid(visit, Some(&document.list.id)).await?;
    let form = linking::form(visit, &document, &wish).await?;
    let title = format!("{}, Lists", document.list.name);
    let body = html! {
        (grid::head(visit))
        div.master.full {
            section.grid.stack-5 #grid aria-label="All lists" { (grid) }
            section.panel #details aria-labelledby="details-name" {
                (top(&document))
                div { (facts(&document)) }
                @for one in &standing { (of_row(visit, one)) }
                (form)
            }
        }
    };
    Ok(Page::new(Here::Lists, title, body).wrong(wish.wrong).answer(visit))
}

fn top(document: &ListDocument) -> Markup {
    html! {
        div.head {
            div.stack-2 { h2 #details-name { bdi { (document.list.name) } } p { (document.state.text) } }
            a href="/lists" { "Close" span.unseen { " the details of " (document.list.name) } }
        }
    }
}

fn facts(document: &ListDocument) -> Markup {
    let path = format!("/lists/{}", document.list.id);
    html! {
        dl.facts {
            dt { "Members" } dd {
                a href={ (path) "/members" } { (number(document.members)) }
                @if document.pending > 0 { ", " (number(document.pending)) " yet to confirm" }
            }
            dt { "Opted out" } dd { (number(document.opted_out)) }
            @if let Some(filter) = &document.list.filter { dt { "Filter" } dd { code { (filter) } } }
            @if let Some(every) = &document.list.expect_every { dt { "A file every" } dd { (every) } }
            dt { "History" } dd { a href={ (path) "/history" } { "Who joined and left" } }
            dt { "Files" } dd { a href=(url("/imports", [("list", document.list.id.as_str())])) { "Imports of this list" } }
        }
    }
}

/// One link of the list, or what is said of the list itself.
fn of_row(visit: &Visit, Standing { row, unsettled }: &Standing) -> Markup {
    let Some(state) = &row.link else {
        return html! { div { p { (chip(&row.state)) } } };
    };
    let id = format!("to-{}", state.link.id);
    html! {
        section aria-labelledby=(id) {
            h3 id=(id) { "Sync to Outlook List" }
            p { (chip(&row.state)) @if let Some(since) = row.state.since() { span.under { "since " (moment(since)) } } }
            (of_link(row, state))
            @if let Some(hold) = &state.progress.hold {
                p { a.button href={ "/holds/" (hold.digest) } { "Decide on " (number(hold.counts().total())) } }
            }
            @if !unsettled.is_empty() { (out_of_step(row, unsettled)) }
            (deeds(visit, row, state))
        }
    }
}

fn of_link(row: &Row, state: &LinkState) -> Markup {
    let link = &state.link;
    html! {
        dl.facts {
            dt { "Group" } dd { bdi { (link.group_names()) } span.under { (link.mode.to_string()) } }
            dt { "Last run" } dd {
                @match state.finished_at {
                    Some(at) => a href=(url("/runs", [("link", link.id.as_str())])) { (moment(at)) },
                    None => span.quiet { "never" },
                }
            }
            dt { "Due" } dd { (moment(state.due_at))
                @if let Some(every) = link.every { span.under { "then every " (duration::format(every)) } } }
            @if let Some(failing) = &state.progress.failing {
                dt { "Fails" } dd { (failing.reason) @if !failing.hint.is_empty() { span.under { (failing.hint) } } }
            }
            dt { "Preview" } dd { a href={ "/links/" (link.id) "/plan" } { "What a sync would do now" } }
            dt { "Limits" } dd { a href={ "/links/" (link.id) "/limits" } { "Limits and externals of " bdi { (row.name) } } }
        }
    }
}

fn out_of_step(row: &Row, unsettled: &[Unsettled]) -> Markup {
    let shown: Vec<Shown> = unsettled
        .iter()
        .take(20)
        .map(|one| {
            let more = html! {
                (one.message())
                @if !one.hint().is_empty() { span.under { (one.hint()) } }
                @if let Some(at) = one.prospect.next_try() { span.under { "looked at again " (moment(at)) } }
            };
            Shown::on(row.list.as_str(), one.address.as_ref().map(ToString::to_string), more)
        })
        .collect();
    let caption =
        format!("{} of {} who are out of step", number(shown.len() as u64), number(unsettled.len() as u64));
    people(&caption, "Why", &shown)
}

fn deeds(visit: &Visit, row: &Row, state: &LinkState) -> Markup {
    let action = format!("/links/{}/do", state.link.id);
    let deed = |what: &str, inner: Markup| {
        button(visit, &action, &[("do", what), ("list", row.list.as_str())], &inner)
    };
    let is_paused = row.state.word() == "paused" || row.state.word() == "halted";
    let may_sync = visit.may(Method::POST, "/v1/links/{link}/sync");
    html! {
        div.buttons {
            @if may_sync && !is_paused { (deed("sync", html! { button { "Sync with Outlook List" } })) }
            @if visit.may(Method::POST, "/v1/links/{link}/pause") {
                @if is_paused { (deed("resume", html! { button.primary { "Resume" } })) }
                @else { (deed("pause", html! { button { "Pause" } })) }
                a href={ "/links/" (state.link.id) "/unlink" } { "Unlink…" }
            }
            a href=(visit.uri.path()) { "Look again" }
        }
        @if !may_sync { (only("sync", "Syncing now")) }
    }
}
