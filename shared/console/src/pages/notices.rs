//! How people are told of trouble without asking, and who sends events.

use axum::response::Response;
use listsync_http::{
    Problem,
    documents::{alert::ChannelDocument, trust::SourceDocument},
};
use maud::{Markup, html};

use crate::{
    answer::{self, Page, settled},
    frame::Here,
    parts::{button, hint, moment},
    visit::{Posted, Visit},
};

pub(crate) async fn show(visit: Visit) -> Response {
    let found = page(&visit).await;
    settled(&visit, Here::Notices, found)
}

async fn page(visit: &Visit) -> Result<Response, Problem> {
    let channels = visit.asking.notices().await?;
    let is_sent = !visit.query().get("sent").is_empty();
    let body = html! {
        div.head { div { h1 { "Notices" } p.lead { "By which ways people are told of trouble without asking." } } }
        @if is_sent { section.notice.fine role="status" { p { "A test goes out at the next beat of the timer, within a minute." } } }
        @if channels.is_empty() { p { "Nothing was sent so far. Where to is set in the environment of the timer: see LISTSYNC_ALERTS_… in the documents." } }
        @else { ul.stack-3 { @for channel in &channels { li { (one(channel)) } } } }
        (button(visit, "/settings/notices", &[], &html! { button { "Send a test" } }))
        (hint("Every way that is set sends one."))
    };
    Ok(Page::new(Here::Notices, "Notices", body).answer(visit))
}

fn one(channel: &ChannelDocument) -> Markup {
    html! {
        h2 { (channel.name) }
        @match &channel.trouble {
            None => p { span.state.fine { "works" } @if let Some(at) = channel.sent_at { " sent last on " (moment(at)) } },
            Some(trouble) => {
                p { span.state.stop { "fails" } " since " (moment(trouble.since)) ": " (trouble.message) }
                p.quiet { (trouble.hint) }
            }
        }
    }
}

pub(crate) async fn test(Posted { visit, .. }: Posted) -> Response {
    match visit.asking.test_notices().await {
        Ok(()) => answer::to("/settings/notices?sent=yes"),
        Err(problem) => answer::refusal(&visit, Here::Notices, problem),
    }
}

pub(crate) async fn senders(visit: Visit) -> Response {
    let found = senders_page(&visit).await;
    settled(&visit, Here::Senders, found)
}

async fn senders_page(visit: &Visit) -> Result<Response, Problem> {
    let senders = visit.asking.senders().await?;
    let body = html! {
        div.head { div { h1 { "Senders" } p.lead { "Services whose events are believed: that somebody unsubscribed, complained, or could not be reached." } } }
        @if senders.is_empty() { p { "None so far. A sender is set up over the API, at POST /v1/sources." } }
        @else { (table(&senders)) }
    };
    Ok(Page::new(Here::Senders, "Senders", body).answer(visit))
}

fn table(senders: &[SourceDocument]) -> Markup {
    html! {
        table.stack role="table" {
            caption { "By their ids" }
            thead role="rowgroup" { tr role="row" {
                th role="columnheader" scope="col" { "Sender" } th role="columnheader" scope="col" { "Made" }
                th role="columnheader" scope="col" { "A sync waits" }
            } }
            tbody role="rowgroup" { @for sender in senders { tr role="row" {
                th role="rowheader" scope="row" { bdi { (sender.name) } span.under.mono { (sender.id) } }
                td role="cell" data-label="Made" { span { (moment(sender.made)) } }
                td role="cell" data-label="Waits" { span { (sender.delay_seconds) " seconds" } }
            } } }
        }
    }
}
