//! Removing a link.

use axum::{extract::Path, response::Response};
use listsync_http::Problem;
use maud::html;

use super::limits::above;
use crate::{
    answer::{self, Page, settled},
    frame::Here,
    parts::token,
    visit::{Posted, Visit},
};

pub(crate) async fn ask(visit: Visit, Path(link): Path<String>) -> Response {
    let found = page(&visit, &link).await;
    settled(&visit, Here::Lists, found)
}

async fn page(visit: &Visit, link: &str) -> Result<Response, Problem> {
    let document = visit.asking.link_of(link.to_owned()).await?;
    let body = html! {
        (above(&document, "Unlink"))
        div.head { div {
            h1 { "Unlink “" bdi { (document.list.name) } "” from the group “" bdi { (document.group.name) } "”?" }
            p.lead { "Nobody joins or leaves: list and group stay as they are, and are kept in step no more." }
        } }
        form method="post" action={ "/links/" (link) "/unlink" } {
            (token(visit))
            div.buttons { button.grave { "Unlink" } a href={ "/lists/" (document.list.id) } { "Leave it as it is" } }
        }
    };
    Ok(Page::new(Here::Lists, format!("Unlink {}?", document.list.name), body).answer(visit))
}

pub(crate) async fn carry_out(Path(link): Path<String>, Posted { visit, .. }: Posted) -> Response {
    match visit.asking.unlink(link).await {
        Ok(()) => answer::to("/lists"),
        Err(problem) => answer::refusal(&visit, Here::Lists, problem),
    }
}
