//! The summary of one run: eight counters, each with its names, under an address that can be sent to a colleague.

use axum::{extract::Path, http::Method, response::Response};
use listsync_core::{
    link::Side,
    summary::{Failure, Summary},
};
use listsync_http::{
    PageQuery, Problem,
    documents::{
        effects::{self, EffectDocument},
        list::ListDocument,
    },
};
use maud::{Markup, html};

use super::{
    counter::{ALL, Counter},
    runs::outcome,
};
use crate::{
    answer::{Page, settled},
    download::Download,
    frame::Here,
    parts::{Shown, count, crumbs, moment, next, number, people, url},
    visit::Visit,
};

/// Effects that are read at a time for one counter, and how often.
const READ: u16 = 100;
const READS: usize = 20;
/// Effects that a file holds at most.
const FARTHEST: usize = 200_000;

pub(crate) async fn show(visit: Visit, Path(run): Path<String>) -> Response {
    let found = page(&visit, run).await;
    settled(&visit, Here::Runs, found)
}

async fn page(visit: &Visit, id: String) -> Result<Response, Problem> {
    let document = visit.asking.run(id.clone()).await?;
    let run = &document.summary;
    let chosen = Counter::named(visit.query().get("show")).or_else(|| {
        // What failed is what somebody has to do something about.
        let failed = ALL.into_iter().find(|one| one.failed && one.of(run) > 0);
        failed.or_else(|| ALL.into_iter().find(|one| one.of(run) > 0))
    });
    let behind = match chosen {
        Some(chosen) => names(visit, run, chosen).await?,
        None => html! {},
    };
    let may_undo = visit.may(Method::POST, "/v1/runs/{run}/undo");
    let list = list_of(visit, run).await;
    let body = html! {
        (crumbs(&[("/runs", "Runs")], &run.list.name))
        div.head {
            div {
                h1 { "List Synchronization Summary" }
                p.lead { bdi { (run.list.name) } " " (outcome(run)) @if !run.message.is_empty() { " " (run.message) } }
                @if !run.hint.is_empty() { p { (run.hint) } }
                p.quiet { (moment(run.finished_at)) ", in " (duration(run.duration_ms)) ", by " (run.trigger.to_string()) }
            }
            div.buttons {
                a.button href={ "/runs/" (id) "/members.csv" } { "All names as CSV" }
                @if may_undo { " " a.button href={ "/runs/" (id) "/undo" } { "Undo this run…" } }
            }
        }
        (counters(run))
        (behind)
        (held(run))
        details.rule { summary { h2 { "How the run went" } } (facts(run, list.as_ref())) }
        p.quiet.small { "This page’s address can be sent to a colleague. Who may see the list sees the names." }
    };
    Ok(Page::new(Here::Runs, format!("Summary of {}", run.list.name), body).answer(visit))
}

/// The list, where it is there still.
async fn list_of(visit: &Visit, run: &Summary) -> Option<ListDocument> {
    visit.asking.list(run.list.id.clone()).await.ok()
}

fn duration(milliseconds: u64) -> String {
    match milliseconds / 1000 {
        0 => "less than a second".to_owned(),
        seconds @ 1..=119 => count(seconds, "second", "seconds"),
        seconds => count(seconds / 60, "minute", "minutes"),
    }
}

fn counters(run: &Summary) -> Markup {
    html! {
        table.counters {
            caption { "Each number leads to its names." }
            thead { tr {
                th scope="col" { span.unseen { "What" } }
                th.num scope="col" { "List" span.under { bdi { (run.list.name) } } }
                th.num scope="col" { "Outlook list" span.under { bdi { (run.group.name) } } }
            } }
            tbody { @for pair in ALL.chunks(2) { tr {
                th scope="row" { (pair[0].words()) }
                @for one in pair { td.num {
                    @match one.of(run) {
                        0 => span.n.zero { "0" },
                        many => a.n href={ "/runs/" (run.run) "?show=" (one.name()) "#names" } { (number(many)) },
                    }
                } }
            } } }
        }
    }
}

async fn names(visit: &Visit, run: &Summary, chosen: Counter) -> Result<Markup, Problem> {
    let place = if chosen.side == Side::List { "on the list" } else { "in the Outlook list" };
    let title = format!("{} {place}: {}", chosen.words(), number(chosen.of(run)));
    if chosen.failed {
        let of = |one: &&Failure| one.side == chosen.side && one.op == chosen.op;
        let failures: Vec<&Failure> = run.failures.iter().filter(of).collect();
        return Ok(html! { section.stack-3 aria-labelledby="names" {
            h2 #names tabindex="-1" { (title) }
            (failed(run, &failures))
            p { a href={ "/runs/" (run.run) "/failures.csv" } { "All failures as CSV" } }
        } });
    }
    let (found, cursor) = effects_of(visit, run, chosen).await?;
    let shown: Vec<Shown> = found
        .into_iter()
        .map(|one| {
            let more =
                html! { (why(&one)) @if !one.certain { span.under { "not known to have been done" } } };
            Shown::on(&run.list.id, one.address, more)
        })
        .collect();
    let caption = format!("{} on this page", count(shown.len() as u64, "name", "names"));
    let path = format!("/runs/{}", run.run);
    Ok(html! { section.stack-3 aria-labelledby="names" {
        h2 #names tabindex="-1" { (title) }
        @if shown.is_empty() { p.quiet { "Who it was is kept no more." } } @else { (people(&caption, "Why", &shown)) }
        (next(cursor.as_deref(), &path, &[("show", chosen.name())], "More of them"))
    } })
}

/// Those of one counter, from where the query says, and where to go on.
async fn effects_of(
    visit: &Visit,
    run: &Summary,
    chosen: Counter,
) -> Result<(Vec<EffectDocument>, Option<String>), Problem> {
    let (mut found, mut cursor) = (Vec::new(), visit.query().some("cursor"));
    for _ in 0..READS {
        let part = visit.asking.effects(run.run.to_string(), PageQuery { cursor, limit: Some(READ) }).await?;
        found.extend(part.items.into_iter().filter(|one| one.side == chosen.side && one.op == chosen.op));
        cursor = part.next;
        if cursor.is_none() || found.len() >= READ.into() {
            break;
        }
    }
    Ok((found, cursor))
}

fn failed(run: &Summary, failures: &[&Failure]) -> Markup {
    html! {
        table.stack role="table" {
            caption { (number(failures.len() as u64)) " of them" }
            thead role="rowgroup" { tr role="row" {
                th role="columnheader" scope="col" { "Person" } th role="columnheader" scope="col" { "What is wrong" }
                th role="columnheader" scope="col" { "What to do" } th role="columnheader" scope="col" { "Next try" }
            } }
            tbody role="rowgroup" { @for one in failures { tr role="row" {
                th role="rowheader" scope="row" { (person(run, one)) }
                td role="cell" data-label="Wrong" { span { span.state.stop { "not placed" } span.under { (one.message) " (" code { (one.code) } ")" } } }
                td role="cell" data-label="To do" { span { (one.hint) } }
                td role="cell" data-label="Next try" { span { @if one.retryable { "by itself" } @else { "when it is corrected" } } }
            } } }
        }
    }
}

fn person(run: &Summary, failure: &Failure) -> Markup {
    let known = failure.address.as_ref().map(ToString::to_string);
    let object = failure.object_id.as_ref().map(ToString::to_string).unwrap_or_default();
    html! { @match &known {
        Some(known) => a href=(url(&format!("/lists/{}/why", run.list.id), [("address", known.as_str())])) { (crate::parts::address(known)) },
        None => code { (object) },
    } }
}

fn held(run: &Summary) -> Markup {
    let total = run.held.total();
    html! { @if total > 0 {
        section.notice.stop aria-labelledby="held" {
            h2 #held { (count(total, "change was", "changes were")) " held back" }
            p { (run.held.to_string()) ". " a href={ "/holds/" (run.held.digest) } { "Decide on them" } ", if they wait still." }
        }
    } }
}

fn facts(run: &Summary, list: Option<&ListDocument>) -> Markup {
    html! { dl.facts {
        @if let Some(list) = list { dt { "List" } dd { a href={ "/lists/" (list.list.id) } { bdi { (list.list.name) } } } }
        dt { "Read" } dd { @match run.read {
            listsync_core::summary::ReadKind::Full => "both sides in full",
            listsync_core::summary::ReadKind::Incremental => "what changed since the run before",
        } }
        dt { "Requests" } dd { (number(run.graph.requests)) " to Entra ID, " (number(run.graph.writes)) " of them wrote" }
        @if !run.skipped.is_empty() { dt { "Skipped" } dd { @for (why, many) in &run.skipped { p { (number(*many)) " " code { (why) } } } } }
        @if run.set_aside > 0 { dt { "Set aside" } dd { (number(run.set_aside)) ", read again within the settle window" } }
        dt { "Run" } dd { code { (run.run) } }
    } }
}

/// Why an effect was planned, for people.
pub(super) fn cause(code: &str) -> &str {
    match code {
        "list_added" => "new on the list",
        "group_added" => "new in the group",
        "list_removed" => "gone from the list",
        "group_removed" => "gone from the group",
        "opted_out" => "opted out",
        "first_merge" => "the other side wins the first merge",
        "extra" => "only the following side had them",
        "restored" => "the following side had lost them",
        "unrecorded" => "done once more after a crash",
        "invited" => "invited as a guest",
        other => other,
    }
}

/// Why an effect was done; where it carries an undo on, of what.
fn why(one: &EffectDocument) -> Markup {
    html! { @match &one.takes_back {
        None => (cause(one.cause)),
        Some(what) if what.kind == "run" => { "undo of " a href={ "/runs/" (what.id) } { "a sync" } },
        Some(what) => { "undo of " a href={ "/imports/" (what.id) } { "a file" } },
    } }
}

/// Everybody whom a run added or removed, as CSV.
pub(crate) async fn members_csv(visit: Visit, Path(run): Path<String>) -> Response {
    let found = all_members(&visit, run).await;
    let found = found.map(|text| Download { text, name: "members.csv" }.answer(&visit, Here::Runs));
    settled(&visit, Here::Runs, found)
}

async fn all_members(visit: &Visit, run: String) -> Result<String, Problem> {
    let (mut all, mut cursor) = (Vec::new(), None);
    while all.len() < FARTHEST {
        let part = visit.asking.effects(run.clone(), PageQuery { cursor, limit: Some(500) }).await?;
        all.extend(part.items);
        cursor = part.next;
        if cursor.is_none() {
            break;
        }
    }
    Ok(effects::csv(&all))
}

/// What failed in a run, as CSV.
pub(crate) async fn failures_csv(visit: Visit, Path(run): Path<String>) -> Response {
    let found = visit.asking.failures(run).await;
    let found = found.map(|text| Download { text, name: "failures.csv" }.answer(&visit, Here::Runs));
    settled(&visit, Here::Runs, found)
}
