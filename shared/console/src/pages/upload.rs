//! A file that was sent: what it would do, and whether it is taken.

use axum::{extract::Path, response::Response};
use listsync_engine::ports::{FileReport, ImportMode};
use listsync_http::{
    Problem,
    documents::import::{AffectedSchema, PreviewAnswer, RowProblem},
    operations::{File, ImportQuery, Imported},
};
use maud::{Markup, html};

use super::imports;
use crate::{
    answer::{self, Page, again, settled},
    draft::{Draft, Drafts},
    form::Form,
    frame::Here,
    parts::{Field, Shown, count, crumbs, field, number, people, persons, select, token, url},
    visit::{Posted, Sending, Uploaded, Visit},
};

/// Names and rows of each kind that are shown.
const NAMES: usize = 20;

/// Keeps a file that was sent, and leads to what it would do.
pub(crate) async fn send(sending: Sending) -> Response {
    sending.answered(sent).await
}

async fn sent(Uploaded { visit, upload }: Uploaded) -> Response {
    let form = upload.form;
    if upload.content.is_empty() {
        let wrong = Problem::invalid("file", "choose a file that is not empty");
        let found = imports::page(&visit, &form, Some(wrong)).await;
        return settled(&visit, Here::Import, found);
    }
    let draft = Draft { list: form.get("list").to_owned(), name: upload.name, content: upload.content };
    match Drafts::of(&visit).keep(&draft, visit.console.now()).await {
        Ok(name) => {
            let path = format!("/imports/drafts/{name}");
            answer::to(&url(&path, [("mode", form.get("mode")), ("profile", form.get("profile"))]))
        }
        Err(error) => answer::refusal(&visit, Here::Import, error.into()),
    }
}

/// What the file would do, as it is understood.
pub(crate) async fn look(visit: Visit, Path(draft): Path<String>) -> Response {
    let form = visit.query();
    let found = page(&visit, &draft, &form, None).await;
    settled(&visit, Here::Import, found)
}

/// Takes the file, or puts it away.
pub(crate) async fn decide(Path(name): Path<String>, Posted { visit, form }: Posted) -> Response {
    if !["take", "away"].contains(&form.get("do")) {
        let problem = Problem::invalid("do", "say whether the file is taken or put away");
        return answer::refusal(&visit, Here::Import, problem);
    }
    if form.get("do") == "away" {
        let done = put_away(&visit, &name).await.map(|()| answer::to("/imports"));
        return settled(&visit, Here::Import, done);
    }
    match take(&visit, &name, &form).await {
        Ok(import) => {
            // It is taken, whatever becomes of the copy, which nobody needs and which ends by itself.
            let _ = Drafts::of(&visit).drop(&name, visit.console.now()).await;
            answer::to(&format!("/imports/{import}"))
        }
        Err(problem) => {
            let found = page(&visit, &name, &form, Some(problem.clone())).await;
            again(&visit, Here::Import, problem, found)
        }
    }
}

async fn put_away(visit: &Visit, name: &str) -> Result<(), Problem> {
    kept(visit, name).await?;
    Ok(Drafts::of(visit).drop(name, visit.console.now()).await?)
}

async fn take(visit: &Visit, name: &str, form: &Form) -> Result<String, Problem> {
    let draft = kept(visit, name).await?;
    match brought(visit, &draft, ImportQuery { file: file_name(&draft), ..query(form)? }).await? {
        Imported::TakenIn(import) => Ok(import.import.id.to_string()),
        Imported::Looked(_) | Imported::OptOuts(_) => Err(Problem::invalid("mode", "say what the file is")),
    }
}

async fn kept(visit: &Visit, name: &str) -> Result<Draft, Problem> {
    let found = Drafts::of(visit).find(name, visit.console.now()).await?;
    found.ok_or_else(|| {
        Problem::missing("file").hint("a file is kept for half an hour until it is taken: send it again")
    })
}

async fn brought(visit: &Visit, draft: &Draft, query: ImportQuery) -> Result<Imported, Problem> {
    let file = File { content: draft.content.clone(), profile: None };
    visit.asking.bring(draft.list.clone(), file, query).await
}

fn file_name(draft: &Draft) -> Option<String> {
    Some(draft.name.clone()).filter(|name| !name.is_empty())
}

/// How the file is to be read, as a form says it.
fn query(form: &Form) -> Result<ImportQuery, Problem> {
    let mode = match form.get("mode") {
        "full" => ImportMode::Full,
        "incremental" => ImportMode::Incremental,
        _ => return Err(Problem::invalid("mode", "say what the file is")),
    };
    Ok(ImportQuery {
        mode: Some(mode),
        profile: form.some("profile"),
        email_column: form.some("email_column"),
        status_column: form.some("status_column"),
        no_status: form.get("no_status") == "yes",
        no_opt_outs: form.get("no_opt_outs") == "yes",
        dates: form.some("dates"),
        ..ImportQuery::default()
    })
}

async fn page(visit: &Visit, name: &str, form: &Form, wrong: Option<Problem>) -> Result<Response, Problem> {
    let draft = kept(visit, name).await?;
    let list = visit.asking.list(draft.list.clone()).await?;
    let mut looked = Err(Problem::invalid("mode", "say what the file is"));
    if let Ok(query) = query(form) {
        looked = brought(visit, &draft, ImportQuery { dry_run: true, ..query }).await;
    }
    // What cannot be read is said beside the form that can put it right.
    let (preview, wrong) = match looked {
        Ok(Imported::Looked(preview)) => (Some(preview), wrong),
        Ok(_) => (None, wrong),
        Err(problem) if problem.status.is_client_error() => (None, wrong.or(Some(problem))),
        Err(problem) => return Err(problem),
    };
    let list_name = &list.list.name;
    let body = html! {
        (crumbs(&[("/imports", "Import"), (&format!("/lists/{}", list.list.id), list_name)], &draft.name))
        div.head { div {
            h1 { "Import " bdi.mono { (draft.name) } " into “" bdi { (list_name) } "”" }
            @if let Some(preview) = &preview { (lead(preview)) }
        } }
        @if let Some(preview) = &preview {
            (who("join", &preview.joins, list.list.id.as_str()))
            (who("leave", &preview.leaves, list.list.id.as_str()))
            @if !preview.problems.is_empty() { (unread(&preview.problems)) }
            (decision(visit, name, form, preview))
            (understood(&preview.report, preview.rows))
        }
        (otherwise(name, form, wrong.as_ref()))
    };
    Ok(Page::new(Here::Import, format!("Import {} into {list_name}", draft.name), body)
        .wrong(wrong)
        .answer(visit))
}

fn lead(preview: &PreviewAnswer) -> Markup {
    let waits = preview.held + preview.held_additions;
    html! {
        p.lead { (persons(preview.joins.len() as u64)) " would join, " (number(preview.leaves.len() as u64)) " would leave, " (number(preview.already)) " are on it already. Nothing has been taken yet." }
        @if preview.opted_out > 0 { p { (persons(preview.opted_out)) " of the file opted out, and stay out." } }
        @if preview.kept_back > 0 { p { (persons(preview.kept_back)) " would stay although the file does not name them: some rows do not tell whom they name." } }
        @if waits > 0 { p { span.state.stop { "would be held" } " " (count(waits, "change", "changes")) " of these would wait for a person’s word after it was taken." } }
    }
}

fn who(words: &str, all: &[AffectedSchema], list: &str) -> Markup {
    let shown: Vec<Shown> = all
        .iter()
        .take(NAMES)
        .map(|one| {
            let row = html! { @match one.row { Some(row) => { "row " (row) }, None => "not in the file" } };
            Shown::on(list, Some(one.address.clone()), row).called(&one.name)
        })
        .collect();
    let caption = format!("The first {} of {}", number(shown.len() as u64), number(all.len() as u64));
    html! { @if !all.is_empty() {
        details open { summary { h2 { (persons(all.len() as u64)) " would " (words) } } (people(&caption, "In the file", &shown)) }
    } }
}

fn unread(problems: &[RowProblem]) -> Markup {
    html! { section.stack-3 aria-labelledby="refused" {
        h2 #refused { (count(problems.len() as u64, "row", "rows")) " cannot be taken" }
        table.stack role="table" {
            caption { "By their number in a spreadsheet, where the header is row 1" }
            thead role="rowgroup" { tr role="row" { th role="columnheader" scope="col" { "Row" } th role="columnheader" scope="col" { "What is wrong" } } }
            tbody role="rowgroup" { @for one in problems.iter().take(NAMES) { tr role="row" {
                th role="rowheader" scope="row" { "Row " (one.row) }
                td role="cell" data-label="Wrong" { span { (one.message) " (" code { (one.code) } ")" } }
            } } }
        }
    } }
}

fn understood(report: &FileReport, rows: u64) -> Markup {
    html! {
        section.stack-3.rule aria-labelledby="columns" {
            h2 #columns { "Columns, as understood" }
            table.stack role="table" {
                caption { (count(rows, "row", "rows")) " without the header; what is not named here is not taken" }
                thead role="rowgroup" { tr role="row" { th role="columnheader" scope="col" { "In the file" } th role="columnheader" scope="col" { "Taken as" } } }
                tbody role="rowgroup" { @for column in &report.columns { tr role="row" {
                    th role="rowheader" scope="row" { bdi { (column.title) } }
                    td role="cell" data-label="Taken as" { span { (column.what.replace('_', " ")) } }
                } } }
            }
            @if !report.status_words.is_empty() { p { "Status words: "
                @for (at, word) in report.status_words.iter().enumerate() { @if at > 0 { ", " } bdi { (word.word) } " (" (word.meaning) ", " (number(word.rows)) ")" } } }
        }
    }
}

/// The buttons say what they do, with its number.
fn decision(visit: &Visit, name: &str, form: &Form, preview: &PreviewAnswer) -> Markup {
    let (join, leave) = (preview.joins.len() as u64, preview.leaves.len() as u64);
    html! {
        form.stack-2 method="post" action={ "/imports/drafts/" (name) } aria-label="Your decision" {
            (token(visit))
            @for key in ["mode", "profile", "email_column", "status_column", "no_status", "no_opt_outs", "dates"] {
                input type="hidden" name=(key) value=(form.get(key));
            }
            div.buttons {
                button.primary name="do" value="take" { "Take the file: " (number(join)) " join, " (number(leave)) " leave" } " "
                button name="do" value="away" { "Put the file away" }
            }
            p.quiet.small { "What is more than goes on by itself waits for a person. Taking it can be undone." }
        }
    }
}

/// How else the file may be read; it is looked at anew.
fn otherwise(name: &str, form: &Form, wrong: Option<&Problem>) -> Markup {
    let of = |name, label, hint| Field { name, label, hint, value: form.get(name), wrong, now: None };
    html! {
        details.rule open[wrong.is_some()] {
            summary { h2 { "Read it in another way" } }
            form.stack-3 method="get" action={ "/imports/drafts/" (name) } {
                (imports::modes(form.get("mode")))
                (select(&of("profile", "Whose export is it?", ""), &imports::PROFILES))
                (field(&of("email_column", "The column of addresses", "Its title in the file, or auto; empty: as the profile says.")))
                (field(&of("status_column", "A column that tells who is gone", "Its title in the file; empty: as the profile says.")))
                (select(&of("no_status", "When a column may tell who is gone and is not understood", ""), &[("", "The file is refused"), ("yes", "It is passed over")]))
                (select(&of("no_opt_outs", "When a column tells that people opted out", ""), &[("", "The file is refused"), ("yes", "It means something else")]))
                (select(&of("dates", "Dates with slashes", ""), &[("", "As the profile says"), ("day_first", "The day first"), ("month_first", "The month first")]))
                div { button { "Look at it again" } }
            }
        }
    }
}
