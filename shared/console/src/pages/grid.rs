//! The grid of lists: search, state, order, page.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, HashMap},
};

use axum::response::Response;
use listsync_core::{Timestamp, id::ListId, register::Keeper, status::State};
use listsync_engine::{ports::ListSize, status::Row};
use listsync_http::{Problem, operations::ContactsQuery};
use maud::{Markup, html};

use crate::{
    answer::{Page, settled},
    form::Form,
    frame::Here,
    parts::{Field, chip, field, moment, needs, number, select, url},
    visit::Visit,
};

/// Lists on one page.
const PAGE: usize = 25;

pub(crate) async fn show(visit: Visit) -> Response {
    let found = page(&visit).await;
    settled(&visit, Here::Lists, found)
}

async fn page(visit: &Visit) -> Result<Response, Problem> {
    let rows = visit.asking.standing().await?;
    let body = html! {
        (head(visit))
        section.grid.stack-5.full #grid aria-label="All lists" { (grid(visit, rows, None).await?) }
    };
    Ok(Page::new(Here::Lists, "Lists", body).answer(visit))
}

/// The page's first line, with what can be made.
pub(super) fn head(visit: &Visit) -> Markup {
    let may = |path| visit.may(axum::http::Method::POST, path);
    html! {
        div.head.full {
            div { h1 { "Lists" } }
            div.buttons {
                @if may("/v1/lists/{list}/imports") { a.button href="/imports" { "Import a file" } " " }
                @if may("/v1/lists") { a.button.primary href="/lists/new" { "Make a list" } }
            }
        }
    }
}

/// A list as the grid knows it before its members are counted.
struct Line {
    id: ListId,
    name: String,
    groups: BTreeSet<String>,
    state: State,
    finished_at: Option<Timestamp>,
    due_at: Option<Timestamp>,
}

/// The grid of these rows by the visit's query; one list may be chosen.
pub(super) async fn grid(visit: &Visit, rows: Vec<Row>, chosen: Option<&ListId>) -> Result<Markup, Problem> {
    let query = visit.query();
    let lines = searched(visit, &query, lines(rows)).await?;
    let total = lines.len();
    // A page behind the last one is the last one, however far behind.
    let (order, last) = (query.get("sort"), total.div_ceil(PAGE).max(1));
    let page = query.get("page").parse::<usize>().unwrap_or(1).clamp(1, last);
    let (lines, sizes) = ordered(visit, order, lines, page).await?;
    let first = (page - 1) * PAGE;
    let sized = lines.iter().filter_map(|line| sizes.get(&line.id).map(|size| (line, *size)));
    let shown: Vec<(&Line, ListSize)> = sized.collect();
    let caption = match shown.len() {
        0 => "No list is as you asked".to_owned(),
        many => format!(
            "Lists {} to {} of {}",
            number(first as u64 + 1),
            number((first + many) as u64),
            number(total as u64)
        ),
    };
    Ok(html! {
        (search(&query))
        table.stack role="table" {
            caption { (caption) }
            thead role="rowgroup" { tr role="row" {
                (column(&query, "name", "Name")) (column(&query, "members", "Members"))
                th role="columnheader" scope="col" { "Group" }
                (column(&query, "state", "State")) (column(&query, "run", "Last run"))
            } }
            tbody role="rowgroup" { @for (line, size) in &shown { (line_of(&query, line, *size, chosen)) } }
        }
        (pages(&query, page, total))
    })
}

fn lines(rows: Vec<Row>) -> Vec<Line> {
    let (mut lines, mut places): (Vec<Line>, HashMap<ListId, usize>) = Default::default();
    for Row { list, name, link, state } in rows {
        let (group, finished_at, due_at) = match link {
            Some(link) => (Some(link.group_names), link.finished_at, Some(link.due_at)),
            None => (None, None, None),
        };
        // What needs somebody most comes first, so that the first row of a list is how the list stands.
        let place = *places.entry(list.clone()).or_insert(lines.len());
        if place == lines.len() {
            let groups = BTreeSet::new();
            lines.push(Line { id: list, name, groups, state, finished_at: None, due_at: None });
        }
        let line = &mut lines[place];
        line.groups.extend(group);
        line.finished_at = line.finished_at.max(finished_at);
        line.due_at = match (line.due_at, due_at) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
    }
    lines
}

/// Those whose name or group has the text in it, or that somebody of this address is on.
async fn searched(visit: &Visit, query: &Form, mut lines: Vec<Line>) -> Result<Vec<Line>, Problem> {
    match query.get("state") {
        "" => {}
        "needs" => lines.retain(|line| needs(&line.state)),
        word => lines.retain(|line| line.state.word() == word),
    }
    let text = query.get("q").to_lowercase();
    if text.is_empty() {
        return Ok(lines);
    }
    let of_person = if text.contains('@') { lists_of(visit, &text).await? } else { BTreeSet::new() };
    let has = |of: &str| of.to_lowercase().contains(&text);
    lines.retain(|line| {
        has(&line.name) || line.groups.iter().any(|group| has(group)) || of_person.contains(line.id.as_str())
    });
    Ok(lines)
}

async fn lists_of(visit: &Visit, address: &str) -> Result<BTreeSet<String>, Problem> {
    let query = ContactsQuery { address: Some(address.to_owned()), ..ContactsQuery::default() };
    let found = match visit.asking.people(query).await {
        Ok(page) => page.items.into_iter().next(),
        // What is no whole address is part of a name, perhaps.
        Err(problem) if problem.status.is_client_error() => None,
        Err(problem) => return Err(problem),
    };
    let Some(contact) = found else { return Ok(BTreeSet::new()) };
    let person = visit.asking.person(contact.id.to_string()).await?;
    Ok(person.lists.into_iter().map(|place| place.list.id).collect())
}

/// The lists of one page, in order, with how large they are. Only an order by members asks it of all.
async fn ordered(
    visit: &Visit,
    order: &str,
    mut lines: Vec<Line>,
    page: usize,
) -> Result<(Vec<Line>, BTreeMap<ListId, ListSize>), Problem> {
    lines.sort_by_cached_key(|line| (line.name.to_lowercase(), line.id.clone()));
    match order {
        "state" => lines.sort_by_key(|line| line.state.rank()),
        "run" => lines.sort_by_key(|line| Reverse(line.finished_at)),
        "members" => {
            let sizes = sizes(visit, &lines).await?;
            lines.sort_by_key(|line| Reverse(sizes.get(&line.id).map_or(0, |size| size.members)));
        }
        _ => {}
    }
    let lines: Vec<Line> = lines.into_iter().skip((page - 1) * PAGE).take(PAGE).collect();
    let sizes = sizes(visit, &lines).await?;
    Ok((lines, sizes))
}

async fn sizes(visit: &Visit, lines: &[Line]) -> Result<BTreeMap<ListId, ListSize>, Problem> {
    visit.asking.sizes_of(lines.iter().map(|line| line.id.clone()).collect()).await
}

/// The query again, with one parameter as it is wanted.
fn with(query: &Form, path: &str, name: &str, value: &str) -> String {
    let known = ["q", "state", "sort", "page"].into_iter();
    let pairs: Vec<(&str, &str)> = known
        .map(|key| {
            (
                key,
                if key == name {
                    value
                } else if key == "page" {
                    ""
                } else {
                    query.get(key)
                },
            )
        })
        .collect();
    url(path, pairs)
}

fn column(query: &Form, key: &str, title: &str) -> Markup {
    let current = match query.get("sort") {
        "" => "name",
        given => given,
    };
    let sort = (current == key).then_some(match key {
        "name" | "state" => "ascending",
        _ => "descending",
    });
    let class = (key == "members").then_some("num");
    html! {
        th class=[class] role="columnheader" scope="col" aria-sort=[sort] {
            a href=(with(query, "/lists", "sort", key)) { (title) }
        }
    }
}

fn search(query: &Form) -> Markup {
    let q = Field {
        name: "q",
        label: "Name, group or member’s address",
        hint: "",
        value: query.get("q"),
        wrong: None,
        now: None,
    };
    let state =
        Field { name: "state", label: "State", hint: "", value: query.get("state"), wrong: None, now: None };
    let states = [
        ("", "Any"),
        ("needs", "Needs somebody"),
        ("held", "Held"),
        ("import_held", "Import held"),
        ("failing", "Failing"),
        ("not_placed", "Not placed"),
        ("stale_source", "Stale source"),
        ("waiting", "Waiting"),
        ("syncing", "Syncing now"),
        ("paused", "Paused"),
        ("in_step", "In step"),
        ("not_linked", "Not linked"),
    ];
    html! {
        form.filter role="search" aria-label="Lists" action="/lists" method="get" {
            div.grow { (field(&q)) }
            div { (select(&state, &states)) }
            @if !query.get("sort").is_empty() { input type="hidden" name="sort" value=(query.get("sort")); }
            button { "Search" }
        }
    }
}

fn line_of(query: &Form, line: &Line, size: ListSize, chosen: Option<&ListId>) -> Markup {
    let is_chosen = chosen == Some(&line.id);
    let class = is_chosen.then_some("chosen");
    let href = with(query, &format!("/lists/{}", line.id), "page", query.get("page"));
    let kind = match size.keeper {
        Keeper::Filter => "filtered",
        Keeper::People => "kept by hand or by files",
    };
    html! {
        tr class=[class] role="row" {
            th role="rowheader" scope="row" {
                a href=(href) aria-current=[is_chosen.then_some("true")] { bdi { (line.name) } }
                span.under { (kind) }
            }
            td.num role="cell" data-label="Members" { (number(size.members)) }
            td role="cell" data-label="Group" {
                @match line.groups.len() {
                    0 => span.quiet { "none" },
                    1 => bdi { (line.groups.first().map(String::as_str).unwrap_or_default()) },
                    many => span { bdi { (line.groups.first().map(String::as_str).unwrap_or_default()) }
                        span.under { "and " (many - 1) " more" } },
                }
            }
            td role="cell" data-label="State" { span { (chip(&line.state)) } }
            td role="cell" data-label="Last run" { span {
                @match line.finished_at { Some(at) => (moment(at)), None => span.quiet { "never" } }
                @if let Some(due) = line.due_at { span.under { "due " (moment(due)) } }
            } }
        }
    }
}

fn pages(query: &Form, page: usize, total: usize) -> Markup {
    let last = total.div_ceil(PAGE).max(1);
    let near: BTreeSet<usize> = [1, page.saturating_sub(1), page, page + 1, last]
        .into_iter()
        .filter(|one| (1..=last).contains(one))
        .collect();
    html! {
        @if last > 1 {
            nav.pages aria-label="Pages of lists" { ul { @for one in near {
                li { a href=(with(query, "/lists", "page", &one.to_string()))
                    aria-current=[(one == page).then_some("page")] { (one) } }
            } } }
        }
    }
}
