//! Why somebody is on a list and in its group, or is not, step by step.

use axum::{extract::Path, response::Response};
use listsync_core::why::Answer;
use listsync_http::{
    Problem,
    documents::why::{WhyAnswer, WhyDocument},
};
use maud::{Markup, html};

use crate::{
    answer::{Page, settled},
    frame::Here,
    parts::{Field, address, crumbs, field},
    visit::Visit,
};

pub(crate) async fn show(visit: Visit, Path(list): Path<String>) -> Response {
    let found = page(&visit, list).await;
    settled(&visit, Here::People, found)
}

async fn page(visit: &Visit, list: String) -> Result<Response, Problem> {
    let asked = visit.query().get("address").to_owned();
    let document = visit.asking.list(list).await?;
    let id = document.list.id.to_string();
    let (told, wrong) = match visit.asking.why(id.clone(), asked.clone()).await {
        Ok(told) => (Some(told), None),
        Err(problem) if problem.field.is_some() => (None, Some(problem)),
        Err(problem) => return Err(problem),
    };
    let ask = Field {
        name: "address",
        label: "Address",
        hint: "In full, such as name@contoso.com",
        value: &asked,
        wrong: wrong.as_ref(),
        now: None,
    };
    let name = &document.list.name;
    let body = html! {
        (crumbs(&[("/people", "People"), (&format!("/lists/{id}"), name)], &asked))
        div.head { div {
            h1 { "Why is " (address(&asked)) " on “" bdi { (name) } "” and in its group, or not?" }
            @if let Some(told) = &told { (lead(told)) }
        } }
        div.split {
            div.stack-5 { @if let Some(told) = &told { @for answer in &told.answers { (steps(answer)) } } }
            form.card method="get" action={ "/lists/" (id) "/why" } aria-labelledby="other" {
                h2 #other { "Ask about somebody else" }
                (field(&ask))
                div { button.primary { "Ask why" } }
            }
        }
    };
    Ok(Page::new(Here::People, format!("Why is {asked} on {name}, or not?"), body).wrong(wrong).answer(visit))
}

/// Where it stops, else what happens next.
fn lead(told: &WhyDocument) -> Markup {
    let stops = told.answers.iter().flat_map(|answer| &answer.steps).find(|step| step.answer == Answer::Stop);
    html! {
        p.lead { @match stops {
            Some(step) => { strong { (step.text) } @if !step.hint.is_empty() { " " (step.hint) } },
            None => "Nothing stands in the way.",
        } }
    }
}

fn steps(answer: &WhyAnswer) -> Markup {
    let stop = answer.steps.iter().position(|step| step.answer == Answer::Stop);
    let id = format!("steps-{}", answer.link.as_deref().unwrap_or("list"));
    html! {
        section.stack-5 aria-labelledby=(id) {
            h2 id=(id) { "Step by step" @if let Some(group) = &answer.group { ", with the group “" bdi { (group) } "”" } }
            ol.steps { @for (at, step) in answer.steps.iter().enumerate() {
                @let class = match step.answer {
                    Answer::Stop => "halt",
                    _ if stop.is_some_and(|stop| at > stop) => "unreached",
                    _ => "",
                };
                li class=(class) {
                    div.line {
                        h3 { (step.question.to_string()) }
                        @match step.answer {
                            Answer::Fine => span.state.fine { "right" },
                            Answer::Stop => span.state.stop { "stopped here" },
                            Answer::Note => span.state.quiet { "to know" },
                        }
                    }
                    p { (step.text) }
                    @if !step.hint.is_empty() { p { strong { "To do: " } (step.hint) } }
                }
            } }
        }
    }
}
