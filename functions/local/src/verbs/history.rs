//! `listsync lists history` and `listsync contacts history`: who joined or left, when, and by what.

use std::collections::BTreeSet;

use listsync_core::{history::Happened, member::Op};
use listsync_engine::{
    history::{self, HistoryPage},
    service::Service,
};
use listsync_http::documents::history::{ByDocument, HistoryDocument, ListNames};
use serde_json::json;

use crate::{
    find,
    output::{self, Outcome, Reply},
    view,
};

/// So many are read at a time.
const PAGE: usize = 500;

pub(super) async fn of_list(service: &Service, list: &str, limit: usize) -> Outcome {
    let list = find::list(&service.ports, list).await?;
    let (mut all, mut from) = (Vec::new(), None);
    while all.len() < limit {
        let wanted = (limit - all.len()).min(PAGE);
        let HistoryPage { items, next } = history::of_list(service, &list.id, from, wanted).await?;
        all.extend(items);
        from = next;
        if from.is_none() {
            break;
        }
    }
    shown(service, &all).await
}

pub(super) async fn of_contact(service: &Service, email: &str, limit: usize) -> Outcome {
    let contact = find::contact(service, email).await?;
    let places = service.contacts.places(&contact.id).await?;
    let lists: BTreeSet<_> = places.into_iter().map(|place| place.list).collect();
    let mut all = history::of_contact(service, &contact, &lists).await?;
    all.truncate(limit);
    shown(service, &all).await
}

async fn shown(service: &Service, all: &[Happened]) -> Outcome {
    let mut names = ListNames::new(&service.ports);
    let mut documents: Vec<HistoryDocument> = Vec::with_capacity(all.len());
    for happened in all {
        documents.push(names.document(happened).await?);
    }
    let rows: Vec<_> = documents.iter().map(row).collect();
    let text = match rows.is_empty() {
        true => "Nothing of that is kept.".to_owned(),
        false => output::table(["WHEN", "LIST", "WHERE", "WHAT", "WHO", "BY"], &rows),
    };
    Ok(Reply::done(json!(documents), text))
}

fn row(one: &HistoryDocument) -> [String; 6] {
    let who = one.address.clone().or_else(|| one.object_id.clone()).unwrap_or_else(|| "erased".to_owned());
    let what = if one.op == Op::Add { "joined" } else { "left" };
    [view::moment(one.at), one.list.name.clone(), one.side.to_string(), what.to_owned(), who, by(&one.by)]
}

fn by(ByDocument { kind, id, cause, certain }: &ByDocument) -> String {
    let kind = match kind.as_str() {
        "run_undo" => "undo of",
        "import_undo" => "undo of import",
        kind => kind,
    };
    let id = id.as_ref().map(|id| format!(" {id}")).unwrap_or_default();
    let cause = cause.map(|cause| format!(" ({cause})")).unwrap_or_default();
    let certain = if *certain { "" } else { ", uncertain" };
    format!("{kind}{id}{cause}{certain}")
}
