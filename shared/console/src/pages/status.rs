//! What needs me?

use std::collections::{BTreeMap, BTreeSet};

use axum::response::Response;
use listsync_core::status::State;
use listsync_engine::status::Row;
use listsync_http::Problem;
use maud::{Markup, html};

use crate::{
    answer::{Page, settled},
    frame::Here,
    parts::{chip, is_idle, moment, moment_text, needs, number, persons, url},
    visit::Visit,
};

/// So many are shown at most; the grid has the rest.
const MOST: usize = 50;

pub(crate) async fn show(visit: Visit) -> Response {
    let found = page(&visit).await;
    settled(&visit, Here::Status, found)
}

async fn page(visit: &Visit) -> Result<Response, Problem> {
    let rows = visit.asking.standing().await?;
    let lists = |wanted: &dyn Fn(&Row) -> bool| -> usize {
        rows.iter().filter(|row| wanted(row)).map(|row| &row.list).collect::<BTreeSet<_>>().len()
    };
    let (all, needing) = (lists(&|_| true), lists(&|row| needs(&row.state)));
    let title = match needing {
        0 => "What needs me? Nothing".to_owned(),
        1 => "What needs me? 1 list".to_owned(),
        many => format!("What needs me? {} lists", number(many as u64)),
    };
    let first: Vec<&Row> = rows.iter().filter(|row| needs(&row.state)).take(MOST).collect();
    let waiting: Vec<&Row> =
        rows.iter().filter(|row| !needs(&row.state) && !is_idle(row)).take(MOST).collect();
    let body = html! {
        div.head { div {
            h1 { "What needs me?" }
            p.lead { (answer(all as u64, needing as u64, &rows)) }
        } }
        (tally(&rows))
        @if !first.is_empty() {
            section.stack-3 aria-labelledby="needs" {
                h2 #needs { "These need somebody" }
                ol.needs { @for row in &first { (need(row)) } }
                @if needing > first.len() { p { a href="/lists?state=needs" { "All that need somebody" } } }
            }
        }
        @if !waiting.is_empty() {
            section aria-labelledby="waiting" { details open {
                summary { h2 #waiting { (number(waiting.len() as u64)) " go on by themselves" } }
                (table(&waiting))
            } }
        }
    };
    Ok(Page::new(Here::Status, title, body).answer(visit))
}

fn answer(all: u64, needing: u64, rows: &[Row]) -> Markup {
    let last = rows.iter().filter_map(|row| row.link.as_ref()?.finished_at).max();
    html! {
        @match (all, needing) {
            (0, _) => { "There is no list yet. " a href="/lists/new" { "Make the first one." } },
            (1, 0) => "The one list needs nobody.",
            (all, 0) => { "Nothing. None of " (number(all)) " lists needs somebody." },
            (all, 1) => { "1 of " (number(all)) " lists needs somebody." },
            (all, many) => { (number(many)) " of " (number(all)) " lists need somebody. The oldest trouble comes first." },
        }
        @if needing == 0 { @if let Some(last) = last { " The last run ended on " (moment(last)) "." } }
    }
}

fn tally(rows: &[Row]) -> Markup {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    let mut order = Vec::new();
    for row in rows {
        let word = row.state.word();
        if !counts.contains_key(word) {
            order.push(word);
        }
        *counts.entry(word).or_default() += 1;
    }
    html! {
        section.stack-3 aria-labelledby="tally" {
            h2.unseen #tally { "All lists by state" }
            dl.tally { @for word in order {
                div {
                    dt { (word.replace('_', " ")) }
                    dd { a href=(url("/lists", [("state", word)])) { (number(counts[word])) } }
                }
            } }
        }
    }
}

/// What is so, what a person can do, and where.
struct Need {
    what: Markup,
    to_do: Markup,
    href: String,
    button: String,
}

fn need(row: &Row) -> Markup {
    let Need { what, to_do, href, button } = told(row);
    html! {
        li {
            p { (chip(&row.state)) @if let Some(since) = row.state.since() { span.under { "since " (moment(since)) } } }
            div.what {
                h3 { a href={ "/lists/" (row.list) } { bdi { (row.name) } } }
                p { (what) }
                p.quiet { (to_do) }
            }
            a.button.act href=(href) { (button) }
        }
    }
}

fn told(row: &Row) -> Need {
    let list = format!("/lists/{}", row.list);
    let group = row.link.as_ref().map(|link| link.group_names.as_str()).unwrap_or_default();
    let plain = |what: Markup, to_do: &str, button: &str| Need {
        what,
        to_do: html! { (to_do) },
        href: list.clone(),
        button: button.to_owned(),
    };
    match &row.state {
        State::Held { changes, digest, .. } => Need {
            what: html! { (number(*changes)) " changes with the group “" bdi { (group) } "” wait for a person. None of them has been done." },
            to_do: html! { "Look at the names, then let them go on or drop them." },
            href: format!("/holds/{digest}"),
            button: format!("Decide on {}", number(*changes)),
        },
        State::ImportHeld { import, .. } => Need {
            what: html! { "A file waits for a person: it would move more people than goes on by itself." },
            to_do: html! { "Check the file with whoever sends it, then take it or put it away." },
            href: format!("/imports/{import}"),
            button: "Check the file".to_owned(),
        },
        State::StaleSource { heard_at, .. } => Need {
            what: html! { "No file has come since " (moment(*heard_at)) ". Nobody leaves because of it." },
            to_do: html! { "Ask for the file, or say how often it really comes." },
            href: url("/imports", [("list", row.list.as_str())]),
            button: "Import a file".to_owned(),
        },
        State::NotPlaced { .. } => plain(
            html! { (persons(row.state.count())) " on one side alone, until somebody corrects something." },
            "See who they are, and what stands in the way of each. Everybody else is in step.",
            "See who",
        ),
        State::ByHand { changes } => plain(
            html! { (number(*changes)) " changes of the group “" bdi { (group) } "” are a person's to make." },
            "See them, and make them in Entra ID.",
            "See what",
        ),
        State::Overdue { .. } => plain(
            html! { "It was due, and nobody looked." },
            "Have listsync serve run, or the timer and the worker.",
            "See the list",
        ),
        State::Failing(failing) => plain(html! { (failing.reason) }, &failing.hint, "See what to do"),
        other => plain(
            html! { (other.text(moment_text)) },
            "See what stands in the way, and resume it.",
            "See what to do",
        ),
    }
}

fn table(rows: &[&Row]) -> Markup {
    html! {
        table.stack role="table" {
            caption { "Nothing to do: each goes on by itself." }
            thead role="rowgroup" { tr role="row" {
                th role="columnheader" scope="col" { "List" }
                th role="columnheader" scope="col" { "Group" }
                th role="columnheader" scope="col" { "State" }
            } }
            tbody role="rowgroup" { @for row in rows { tr role="row" {
                th role="rowheader" scope="row" { a href={ "/lists/" (row.list) } { bdi { (row.name) } } }
                td role="cell" data-label="Group" {
                    @if let Some(link) = &row.link { bdi { (link.group_names) } }
                }
                td role="cell" data-label="State" { span { (chip(&row.state)) } }
            } } }
        }
    }
}
