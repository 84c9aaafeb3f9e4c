//! Holds: what a guard kept back, as a question with its names, its number and its two answers.

use axum::{extract::Path, http::Method, response::Response};
use listsync_core::{
    csv::{Shape, row as csv_row},
    member::Op,
    plan::{Effect, Plan},
};
use listsync_engine::ports::RulingKind;
use listsync_http::Problem;
use maud::{Markup, html};

use super::{
    claim::Claim,
    limits,
    question::{Held, Question},
};
use crate::{
    answer::{self, Page, settled},
    download::Download,
    frame::Here,
    parts::{count, crumbs, moment, number, only, people, token},
    visit::{Posted, Visit},
};

/// Names that are shown; the file has all.
const NAMES: usize = 20;

async fn held(visit: &Visit) -> Result<Vec<Held>, Problem> {
    let rows = visit.asking.standing().await?.into_iter();
    Ok(rows
        .filter_map(|row| {
            let link = row.link.clone()?;
            let hold = link.hold().cloned()?;
            Some(Held { row, link, hold })
        })
        .collect())
}

pub(crate) async fn all(visit: Visit) -> Response {
    let found = all_page(&visit).await;
    settled(&visit, Here::Holds, found)
}

async fn all_page(visit: &Visit) -> Result<Response, Problem> {
    let all = held(visit).await?;
    let body = html! {
        div.head { div {
            h1 { "What waits for a decision?" }
            p.lead { @match all.len() { 0 => "Nothing is held.", many => { (count(many as u64, "hold", "holds")) " to decide on." } } }
        } }
        @if !all.is_empty() { ol.needs { @for one in &all { (entry(one)) } } }
    };
    Ok(Page::new(Here::Holds, "Holds", body).answer(visit))
}

fn entry(held: &Held) -> Markup {
    let question = held.question();
    html! {
        li {
            p { span.state.stop { "held: " (number(held.hold.counts().total())) } span.under { "since " (moment(held.hold.since)) } }
            div.what {
                h2 { a href={ "/holds/" (held.hold.digest) } { (question.title) } }
                @for (_, reason) in &held.hold.reasons { p.quiet { (held.hold.explained(*reason)) } }
            }
            a.button.act href={ "/holds/" (held.hold.digest) } {
                @match held.ruling() {
                    None => { "Decide on " (number(held.hold.counts().total())) },
                    Some(_) => "Decided: see it",
                }
            }
        }
    }
}

pub(crate) async fn show(visit: Visit, Path(digest): Path<String>) -> Response {
    let found = page_of(&visit, &digest).await;
    settled(&visit, Here::Holds, found)
}

async fn page_of(visit: &Visit, digest: &str) -> Result<Response, Problem> {
    let found = held(visit).await?.into_iter().find(|one| one.hold.digest == digest);
    let found = found.ok_or_else(|| {
        Problem::missing("hold")
            .hint("it was decided on, or holds something else by now: look at what waits for a decision")
    })?;
    Ok(page(visit, &found, None).await)
}

/// Approves or discards just what was shown. Where it is something else by now nothing is done, and that is shown.
pub(crate) async fn rule(Path(digest): Path<String>, Posted { visit, form }: Posted) -> Response {
    let ruling = match form.get("do") {
        "approve" => RulingKind::Approved,
        "discard" => RulingKind::Discarded,
        _ => {
            let problem = Problem::invalid("do", "say whether it goes on or is dropped");
            return answer::refusal(&visit, Here::Holds, problem);
        }
    };
    let word = Word { digest, ruling, link: form.get("link") };
    let found = ruled(&visit, word).await;
    settled(&visit, Here::Holds, found)
}

/// What somebody says of a hold.
struct Word<'a> {
    /// What was shown.
    digest: String,
    ruling: RulingKind,
    /// The link that held it.
    link: &'a str,
}

async fn ruled(visit: &Visit, Word { digest, ruling, link }: Word<'_>) -> Result<Response, Problem> {
    let before = held(visit).await?.into_iter().find(|one| one.link.id.as_str() == link);
    if let Some(one) = &before
        && one.hold.digest == digest
        && let Some(said) = one.ruling()
    {
        let word = if said == RulingKind::Approved { "approved" } else { "dropped" };
        let problem = Problem::conflict(
            "ruled",
            format!("somebody {word} this before you; the next run carries it out"),
        );
        return Ok(page(visit, one, Some(problem)).await);
    }
    // Both of two who decide at once have read that nobody has: whoever claims it first does it.
    let claim = Claim::of(link, &digest);
    let shown = before.as_ref().filter(|one| one.hold.digest == digest);
    if let Some(one) = shown
        && visit.may(Method::POST, "/v1/holds/{digest}/approve")
        && !claim.take(visit).await?
    {
        let detail = "somebody decided this just before you: look again at what became of it";
        return Ok(page(visit, one, Some(Problem::conflict("ruled", detail))).await);
    }
    let done = visit.asking.rule(digest.clone(), ruling).await;
    if done.is_err() && shown.is_some() {
        claim.give_up(visit).await?;
    }
    match done {
        Ok(()) => Ok(answer::to(&match before {
            Some(one) => format!("/lists/{}", one.row.list),
            None => "/holds".to_owned(),
        })),
        Err(problem) => match held(visit).await?.into_iter().find(|one| one.link.id.as_str() == link) {
            // It holds something else now: that is looked at before anything is said of it.
            Some(other) if problem.status.is_client_error() && other.hold.digest != digest => {
                let detail = "the hold has changed since you opened it: look at the names, then decide again";
                Ok(page(visit, &other, Some(Problem::conflict("hold_changed", detail))).await)
            }
            _ => Err(problem),
        },
    }
}

/// All whom a hold is about, as CSV.
pub(crate) async fn names(visit: Visit, Path(digest): Path<String>) -> Response {
    let found = names_of(&visit, &digest).await;
    settled(&visit, Here::Holds, found)
}

async fn names_of(visit: &Visit, digest: &str) -> Result<Response, Problem> {
    let found = held(visit).await?.into_iter().find(|one| one.hold.digest == digest);
    let found = found.ok_or_else(|| Problem::missing("hold"))?;
    let plan = visit.asking.plan(found.link.id.to_string()).await?;
    let header = csv_row(["side", "op", "address", "name", "object_id", "cause"], Shape::LINES);
    let text = plan.held.effects.iter().fold(header, |text, (effect, _)| text + &line(effect));
    Ok(Download { text, name: "held.csv" }.answer(visit, Here::Holds))
}

fn line(effect: &Effect) -> String {
    let (side, op) = (effect.change.side.to_string(), effect.change.op.to_string());
    let address = effect.address.as_ref().map(ToString::to_string).unwrap_or_default();
    let object = effect.key.object_id().map(ToString::to_string).unwrap_or_default();
    csv_row([&side, &op, &address, &effect.name, &object, effect.cause.code()], Shape::LINES)
}

async fn page(visit: &Visit, held: &Held, wrong: Option<Problem>) -> Response {
    let question = held.question();
    // The names are those of a preview: the hold itself keeps numbers.
    let plan = visit.asking.plan(held.link.id.to_string()).await;
    let body = html! {
        (crumbs(&[("/holds", "Holds")], &held.row.name))
        div.head { div {
            h1 { (question.title) }
            @if question.is_grave { p.lead { "Who leaves a group loses what it gives: its mail, its Teams and its files. Nobody’s account is touched." } }
            p.only-narrow { a href="#decide" { "Go to the decision" } }
        } }
        div.split {
            div.stack-5 { (facts(held)) (who(held, &plan)) }
            section.card.beside aria-labelledby="decide" { h2 #decide tabindex="-1" { "Your decision" } (decision(visit, held, &question)) }
        }
    };
    Page::new(Here::Holds, question.short, body).wrong(wrong).answer(visit)
}

fn facts(held: &Held) -> Markup {
    html! {
        dl.facts {
            dt { "Why held" } dd { @for (side, reason) in &held.hold.reasons { p { (side.to_string()) ": " (held.hold.explained(*reason)) } } }
            dt { "Since" } dd { (moment(held.hold.since)) }
            dt { "List" } dd { a href={ "/lists/" (held.row.list) } { bdi { (held.row.name) } } }
            dt { "Group" } dd { bdi { (held.link.group_names) } }
            dt { "Meanwhile" } dd { "They stay as they are. All else goes on." }
            dt { "Digest" } dd { code { (held.hold.digest) } }
        }
    }
}

fn who(held: &Held, plan: &Result<Plan, Problem>) -> Markup {
    html! {
        section.stack-3 aria-labelledby="names" {
            @match plan {
                Err(problem) => {
                    h2 #names { "Who they are" }
                    p { "Their names cannot be read at the moment: " (problem.detail) ". Decide later, or look again." }
                },
                Ok(plan) => {
                    div.buttons data-ends="apart" {
                        h2 #names tabindex="-1" { "Who they are" }
                        a href={ "/holds/" (held.hold.digest) "/names.csv" } { "All " (number(plan.held.effects.len() as u64)) " as CSV" }
                    }
                    @if plan.held.digest != held.hold.digest {
                        section.notice.look aria-label="What changed" {
                            p { "Both sides moved since this was held: these are those of now. A decision is about who is in both." }
                        }
                    }
                    (names_table(held, plan))
                },
            }
        }
    }
}

fn names_table(held: &Held, plan: &Plan) -> Markup {
    let list = held.row.list.as_str();
    let first = plan.held.effects.iter().take(NAMES);
    let shown: Vec<_> = first
        .map(|(effect, _)| {
            let mut one = limits::shown(effect, list);
            let what = if effect.change.op == Op::Add { "joins" } else { "leaves" };
            let because = super::run::cause(effect.cause.code());
            one.more = html! { (what) " the " (effect.change.side.to_string()) span.under { (because) } };
            one
        })
        .collect();
    let all = plan.held.effects.len() as u64;
    let caption = format!(
        "The first {} of {}. Each name leads to its reasons.",
        number(shown.len() as u64),
        number(all)
    );
    people(&caption, "What", &shown)
}

fn decision(visit: &Visit, held: &Held, question: &Question) -> Markup {
    let said = held.ruling();
    html! {
        @if let Some(said) = said {
            p { @if said == RulingKind::Approved { "Approved." } @else { "Dropped." } " The next run carries it out." }
        } @else if visit.may(Method::POST, "/v1/holds/{digest}/approve") {
            form.stack-5 method="post" action={ "/holds/" (held.hold.digest) } {
                (token(visit))
                input type="hidden" name="link" value=(held.link.id);
                div.stack-2 {
                    button.grave[question.is_grave].primary[!question.is_grave] name="do" value="approve" { (question.go_on) }
                    p.small.quiet { "Just these, once, at the next run." }
                }
                hr;
                div.stack-2 {
                    button name="do" value="discard" { (question.drop) }
                    p.small.quiet { "Nothing is done, and who was to leave comes back to the other side." }
                }
                hr;
                p.small { a href="/" { "Decide later" } ": nothing changes, and the hold stays." }
            }
        } @else { (only("approve", "Deciding")) }
    }
}
