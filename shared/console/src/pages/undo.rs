//! Taking back what a run did.

use axum::{extract::Path, response::Response};
use listsync_core::undo::Person;
use listsync_http::{Problem, documents::undo::UndoDocument};
use maud::{Markup, html};

use crate::{
    answer::{self, Page, again, settled},
    frame::Here,
    parts::{Shown, crumbs, number, people, persons, token},
    visit::{Posted, Visit},
};

/// Names of each kind that are shown.
const NAMES: usize = 50;

pub(crate) async fn ask(visit: Visit, Path(run): Path<String>) -> Response {
    let found = page(&visit, run, None).await;
    settled(&visit, Here::Runs, found)
}

/// Takes it back as it was shown. Where it would be something else by now, nothing is done and that is shown.
pub(crate) async fn carry_out(Path(run): Path<String>, Posted { visit, form }: Posted) -> Response {
    match visit.asking.undo(run.clone(), form.get("digest").to_owned()).await {
        Ok(_) => answer::to(&format!("/lists/{}", form.get("list").replace('/', ""))),
        Err(problem) => {
            let found = page(&visit, run, Some(problem.clone())).await;
            again(&visit, Here::Runs, problem, found)
        }
    }
}

async fn page(visit: &Visit, run: String, wrong: Option<Problem>) -> Result<Response, Problem> {
    let undo = visit.asking.undo_of(run.clone()).await?;
    let (back, leave) = (undo.add.len() as u64, undo.remove.len() as u64);
    let is_something = back + leave > 0;
    let body = html! {
        (crumbs(&[("/runs", "Runs"), (&format!("/runs/{run}"), &undo.list.name)], "Undo"))
        div.head { div {
            h1 { "Undo this run of “" bdi { (undo.list.name) } "”?" }
            p.lead {
                @if is_something { (persons(back)) " would come back to the list, " (persons(leave)) " would leave it. The group follows, under its guard." }
                @else { "There is nothing to take back." }
            }
        } }
        (who("come back", &undo.add, &undo.list.id))
        (who("leave", &undo.remove, &undo.list.id))
        (stays(&undo))
        @if is_something {
            form method="post" action={ "/runs/" (run) "/undo" } {
                (token(visit))
                input type="hidden" name="digest" value=(undo.digest);
                input type="hidden" name="list" value=(undo.list.id);
                div.buttons {
                    button.grave { "Undo: " (number(back)) " come back, " (number(leave)) " leave" }
                    a href={ "/runs/" (run) } { "Leave it as it is" }
                }
            }
        }
    };
    Ok(Page::new(Here::Runs, format!("Undo a run of {}?", undo.list.name), body).wrong(wrong).answer(visit))
}

fn who(words: &str, all: &[Person], list: &str) -> Markup {
    let shown = all.iter().take(NAMES).map(|one| Shown::on(list, Some(one.address.to_string()), html! {}));
    let shown: Vec<Shown> = shown.collect();
    let caption = format!("{} of {}", number(shown.len() as u64), number(all.len() as u64));
    html! { @if !all.is_empty() {
        section.stack-3 { h2 { (persons(all.len() as u64)) " would " (words) } (people(&caption, "", &shown)) }
    } }
}

fn stays(undo: &UndoDocument) -> Markup {
    let shown = undo.left_out.iter().take(NAMES).map(|one| {
        Shown::on(&undo.list.id, one.address.as_ref().map(ToString::to_string), html! { (one.why.message()) })
    });
    let shown: Vec<Shown> = shown.collect();
    html! { @if !shown.is_empty() {
        details { summary { h2 { (persons(undo.left_out.len() as u64)) " stay as they are" } }
            (people("Who moved since, or said something", "Why", &shown)) }
    } }
}
