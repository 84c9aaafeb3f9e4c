//! Making a list.

use axum::response::Response;
use listsync_core::list::OptOutRule;
use listsync_http::{Problem, operations::NewList};
use maud::html;

use crate::{
    answer::{self, Page},
    form::Form,
    frame::Here,
    parts::{Field, area, crumbs, field, select, token},
    visit::{Posted, Visit},
};

pub(crate) async fn ask(visit: Visit) -> Response {
    page(&visit, &Form::default(), None)
}

pub(crate) async fn make(Posted { visit, form }: Posted) -> Response {
    let opt_out = (form.get("opt_out") == "not_allowed").then_some(OptOutRule::NotAllowed);
    let new = NewList {
        name: form.get("name").to_owned(),
        filter: form.some("filter"),
        opt_out,
        max_additions: None,
        expect_every: form.some("expect_every"),
    };
    match visit.asking.make_list(new).await {
        Ok(list) => answer::to(&format!("/lists/{}", list.id)),
        Err(problem) => page(&visit, &form, Some(named(problem))),
    }
}

/// That another list has the name is said beside the name.
fn named(mut problem: Problem) -> Problem {
    if problem.code == "list_exists" {
        problem.field = Some("name".to_owned());
    }
    problem
}

fn page(visit: &Visit, form: &Form, wrong: Option<Problem>) -> Response {
    let of = |name, label, hint| Field {
        name,
        label,
        hint,
        value: form.get(name),
        wrong: wrong.as_ref(),
        now: None,
    };
    let body = html! {
        (crumbs(&[("/lists", "Lists")], "Make a list"))
        div.head { div { h1 { "Make a list" } p.lead { "It has nobody on it at first, and leads nowhere until it is linked to a group." } } }
        form.stack-5 method="post" action="/lists" {
            (token(visit))
            (field(&of("name", "Its name", "No other list has it.")))
            (select(&of("opt_out", "May its members leave it by themselves?", ""),
                &[("allowed", "Yes"), ("not_allowed", "No: it is mandatory")]))
            (area(&of("filter", "Who is on it by a condition (optional)",
                "Such as department eq \"Sales\". Nobody edits its members by hand then.")))
            (field(&of("expect_every", "How often a file of it should come (optional)",
                "Such as 8d or 36h. When none comes for longer, the list is called stale.")))
            div.buttons { button.primary { "Make the list" } a href="/lists" { "Back to the lists" } }
        }
    };
    Page::new(Here::Lists, "Make a list", body).wrong(wrong).answer(visit)
}
