//! One list: how it stands, its groups, and what can be done.

use axum::{
    extract::Path,
    http::{Method, StatusCode},
    response::Response,
};
use listsync_core::id::LinkId;
use listsync_http::{Problem, documents::list::ListDocument};
use maud::{Markup, html};
use tokio::try_join;

use super::{
    grid,
    linking::{self, Wish},
    standing::{standing, standing_by},
};
use crate::{
    answer::{self, Page, again, settled},
    frame::Here,
    parts::{number, url},
    visit::{Posted, Visit},
};

pub(crate) async fn show(visit: Visit, Path(list): Path<String>) -> Response {
    let wish = Wish::of(&visit.query(), None);
    let found = page(&visit, list, wish).await;
    settled(&visit, Here::Lists, found)
}

/// The part of the page that is looked at again while a sync goes on, alone.
pub(crate) async fn live(visit: Visit, Path(list): Path<String>) -> Response {
    let found = standing(&visit, &list).await.map(|part| answer::document(StatusCode::OK, part));
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
        "sync" => sync(&visit, link).await,
        _ => Err(Problem::invalid("do", "say what is to be done: sync, pause or resume")),
    };
    match done {
        Ok(()) => answer::to(&format!("/lists/{}", form.get("list").replace('/', ""))),
        Err(problem) => answer::refusal(&visit, Here::Lists, problem),
    }
}

/// An owner sees a list by one of its links, and has that one synced.
async fn sync(visit: &Visit, link: String) -> Result<(), Problem> {
    let is_theirs = LinkId::parse(&link).is_ok_and(|link| visit.may_sync(&link));
    if !is_theirs && visit.may(Method::POST, "/v1/links/{link}/sync") {
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            "scope",
            "this link is of a group that you do not own",
        )
        .hint("ask somebody with a role, or an owner of that group"));
    }
    visit.asking.sync(link).await.map(drop)
}

async fn page(visit: &Visit, list: String, wish: Wish) -> Result<Response, Problem> {
    // How all lists stand is read once, for the grid and for this one.
    let (document, rows) = try_join!(visit.asking.list(list), visit.asking.standing())?;
    let id = &document.list.id;
    let own = rows.iter().filter(|row| row.list == *id).cloned().collect();
    let (standing, grid, form) = try_join!(
        standing_by(visit, id.as_str(), own),
        grid::grid(visit, rows, Some(id)),
        linking::form(visit, &document, &wish)
    )?;
    let title = format!("{}, Lists", document.list.name);
    let body = html! {
        (grid::head(visit))
        div.master.full {
            section.grid.stack-5 #grid aria-label="All lists" { (grid) }
            section.panel #details aria-labelledby="details-name" {
                (top(&document))
                div { (facts(&document)) }
                p.unseen #live-told role="status" {}
                (standing)
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
