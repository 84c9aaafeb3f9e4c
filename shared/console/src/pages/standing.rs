//! How the links of a list stand: the part of its page that is looked at again while a sync goes on.

use axum::http::Method;
use listsync_core::{duration, link::LinkStatus, status::State, unsettled::Unsettled};
use listsync_engine::{ports::LinkState, status::Row};
use listsync_http::{PageQuery, Problem, operations::Standing};
use maud::{Markup, html};

use crate::{
    parts::{Shown, button, chip, moment, number, only, people, persons, url},
    visit::Visit,
};

/// People whom a run that goes on is seen to have moved, at most.
const SEEN: u16 = 500;

/// How a list stands by each of its links. The script asks for it again while something goes on.
pub(super) async fn standing(visit: &Visit, list: &str) -> Result<Markup, Problem> {
    let standing = visit.asking.standing_of(list.to_owned()).await?;
    shown(visit, list, &standing).await
}

/// The same by its rows, as they were read for the whole page.
pub(super) async fn standing_by(visit: &Visit, list: &str, rows: Vec<Row>) -> Result<Markup, Problem> {
    let standing = visit.asking.standing_with_people(rows).await?;
    shown(visit, list, &standing).await
}

async fn shown(visit: &Visit, list: &str, standing: &[Standing]) -> Result<Markup, Problem> {
    let goes_on = standing.iter().any(|one| is_under_way(&one.row));
    let is_syncing = standing.iter().any(|one| one.row.state == State::Syncing);
    let so_far = if is_syncing { so_far(visit, list).await? } else { None };
    let again = goes_on.then(|| format!("/lists/{list}/live"));
    Ok(html! {
        div #live data-again=[again] {
            @for one in standing { (of_row(visit, one, so_far)) }
        }
    })
}

/// Whether a run goes on or is to come at once.
fn is_under_way(row: &Row) -> bool {
    let is_active = row.link.as_ref().is_some_and(|link| link.status == LinkStatus::Active);
    match row.state {
        State::Syncing | State::Queued => true,
        State::NeverRan => is_active,
        _ => false,
    }
}

/// How many people the run that goes on has moved: what it did is kept as it is done, and its summary when it has ended.
async fn so_far(visit: &Visit, list: &str) -> Result<Option<u64>, Problem> {
    let query = PageQuery { limit: Some(SEEN), cursor: None };
    let happened = visit.asking.history_of_list(list.to_owned(), query).await?.items;
    let Some(run) = happened.iter().find(|one| one.by.kind == "run").and_then(|one| one.by.id.clone()) else {
        return Ok(None);
    };
    if visit.asking.run(run.clone()).await.is_ok() {
        return Ok(None);
    }
    Ok(Some(happened.iter().filter(|one| one.by.id.as_ref() == Some(&run)).count() as u64))
}

/// One link of the list, or what is said of the list itself.
fn of_row(visit: &Visit, Standing { row, link, unsettled }: &Standing, so_far: Option<u64>) -> Markup {
    let Some(state) = link else {
        return html! { div { p { (chip(&row.state)) } } };
    };
    let id = format!("to-{}", state.link.id);
    html! {
        section aria-labelledby=(id) {
            h3 id=(id) { "Sync to Outlook List" }
            p data-told { (chip(&row.state))
                @if let Some(since) = row.state.since() { span.under { "since " (moment(since)) } }
                @if let (State::Syncing, Some(many)) = (&row.state, so_far) {
                    span.under { (persons(many)) @if many >= SEEN.into() { " or more" } " so far" }
                }
            }
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
                    Some(at) => { a href=(url("/runs", [("link", link.id.as_str())])) { (moment(at)) } },
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
    let may_sync = visit.may_sync(&state.link.id);
    html! {
        div.buttons {
            @if may_sync && !is_paused { (deed("sync", html! { button { "Sync with Outlook List" } })) }
            @if visit.may(Method::POST, "/v1/links/{link}/pause") {
                @if is_paused { (deed("resume", html! { button.primary { "Resume" } })) }
                @else { (deed("pause", html! { button { "Pause" } })) }
                a href={ "/links/" (state.link.id) "/unlink" } { "Unlink…" }
            }
            a href={ "/lists/" (row.list) } { "Look again" }
        }
        @if !may_sync { (only("sync", "Syncing now")) }
    }
}
