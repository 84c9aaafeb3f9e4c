//! Imports, and sending a file.

use axum::{http::Method, response::Response};
use listsync_core::list::ListKind;
use listsync_engine::ports::{Import, ImportState};
use listsync_http::{PageQuery, Problem};
use maud::{Markup, html};

use crate::{
    answer::{Page, settled},
    form::Form,
    frame::Here,
    parts::{Field, moment, next, number, only, select, token},
    visit::Visit,
};

const PAGE: u16 = 30;
/// The profiles of exports that are known.
pub(super) const PROFILES: [(&str, &str); 5] = [
    ("", "By the usual names of columns"),
    ("workday", "Workday"),
    ("bamboohr", "BambooHR"),
    ("ukg", "UKG"),
    ("adp", "ADP"),
];

pub(crate) async fn show(visit: Visit) -> Response {
    let query = visit.query();
    let found = page(&visit, &query, None).await;
    settled(&visit, Here::Import, found)
}

/// The page, also after something that was sent could not be taken.
pub(super) async fn page(visit: &Visit, form: &Form, wrong: Option<Problem>) -> Result<Response, Problem> {
    let list = form.some("list");
    let query = PageQuery { cursor: visit.query().some("cursor"), limit: Some(PAGE) };
    let part = visit.asking.imports(list.clone(), query).await?;
    let names = visit.asking.lists().await?;
    let may = visit.may(Method::POST, "/v1/lists/{list}/imports");
    let name_of = |id: &str| names.iter().find(|list| list.id.as_str() == id).map(|list| list.name.clone());
    let lists: Vec<(String, String)> = names
        .iter()
        .filter(|list| !matches!(list.kind, ListKind::Filtered { .. }))
        .map(|list| (list.id.to_string(), list.name.clone()))
        .collect();
    let body = html! {
        div.head { div { h1 { "Import" } p.lead { "A file is looked at first: nothing is taken before you have seen who joins and who leaves." } } }
        @if !may { (only("operate", "Importing")) }
        @else if lists.is_empty() { p { "There is no list to import into yet. " a href="/lists/new" { "Make one." } } }
        @else { (send(visit, form, &lists, wrong.as_ref())) }
        section.stack-3.rule aria-labelledby="before" {
            h2 #before { "Files so far" }
            @if part.items.is_empty() { p.quiet { "None." } } @else { (table(&part.items, name_of)) }
            (next(part.next.as_deref(), "/imports", &[("list", list.as_deref().unwrap_or_default())], "Earlier files"))
        }
    };
    Ok(Page::new(Here::Import, "Import", body).wrong(wrong).answer(visit))
}

fn send(visit: &Visit, form: &Form, lists: &[(String, String)], wrong: Option<&Problem>) -> Markup {
    let options: Vec<(&str, &str)> = lists.iter().map(|(id, name)| (id.as_str(), name.as_str())).collect();
    let of = |name, label, hint| Field { name, label, hint, value: form.get(name), wrong, now: None };
    html! {
        form.stack-5 method="post" action="/imports" enctype="multipart/form-data" aria-label="Send a file" {
            (token(visit))
            (select(&of("list", "Into which list?", ""), &options))
            p.field {
                label for="file" { "The file" }
                span.hint #file-hint { "A CSV file, such as an export of the HR system." }
                input type="file" id="file" name="file" accept=".csv,text/csv,text/plain" aria-describedby="file-hint";
            }
            (select(&of("profile", "Whose export is it?", ""), &PROFILES))
            (modes(form.get("mode")))
            div.buttons { button.primary { "Look at the file" } }
        }
    }
}

/// What a file says of those whom it does not name.
pub(super) fn modes(chosen: &str) -> Markup {
    html! {
        fieldset.choices #mode tabindex="-1" {
            legend { "What is the file?" }
            div.choice {
                input type="radio" id="mode-incremental" name="mode" value="incremental" checked[chosen != "full"];
                label for="mode-incremental" { "Only changes: who is not in it stays" }
            }
            div.choice {
                input type="radio" id="mode-full" name="mode" value="full" checked[chosen == "full"];
                label for="mode-full" { "Everybody: who is not in it leaves" }
            }
        }
    }
}

fn table(imports: &[Import], name_of: impl Fn(&str) -> Option<String>) -> Markup {
    html! {
        table.stack role="table" {
            caption { "Newest first" }
            thead role="rowgroup" { tr role="row" {
                th role="columnheader" scope="col" { "File" } th role="columnheader" scope="col" { "List" }
                th role="columnheader" scope="col" { "State" } th role="columnheader" scope="col" { "Joined, left" }
                th role="columnheader" scope="col" { "When" }
            } }
            tbody role="rowgroup" { @for import in imports { tr role="row" {
                th role="rowheader" scope="row" { a href={ "/imports/" (import.id) } { bdi.mono { (import.file) } } }
                td role="cell" data-label="List" { bdi { (name_of(import.list.as_str()).unwrap_or_else(|| import.list.to_string())) } }
                td role="cell" data-label="State" { span { (state(import)) } }
                td role="cell" data-label="Joined, left" { span { (number(import.added)) ", " (number(import.removed)) } }
                td role="cell" data-label="When" { span { (moment(import.at)) } }
            } } }
        }
    }
}

/// What became of an import, as a word in a tint.
pub(super) fn state(import: &Import) -> Markup {
    let (tint, word) = match import.state {
        ImportState::Done => ("fine", "taken in"),
        ImportState::Held => ("stop", "import held"),
        ImportState::Discarded => ("quiet", "put away"),
        ImportState::RemovalsSkipped => ("look", "taken in, nobody left"),
        ImportState::Repeated => ("quiet", "the same file again"),
        ImportState::Undone => ("quiet", "taken back"),
    };
    html! { span class={ "state " (tint) } { (word) } }
}
