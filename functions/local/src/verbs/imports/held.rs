//! What an import did and holds, and what a person says of that.

use listsync_core::id::ImportId;
use listsync_engine::{
    Ports,
    people::{self, Stored},
    ports::{Fault, HeldPeople, Import, PortError},
    service::Service,
};
use serde_json::json;

use super::told::{Named, in_full, outline};
use crate::{
    find,
    output::{Outcome, Refusal, Reply},
    verbs::asked::Asked,
};

/// So many of those whom an import holds are named to a person; a document and a table have them all.
const NAMED: usize = 20;

/// Tells what an import did and whom it holds; with `csv`, only these, as a table.
pub(super) async fn show(ports: &Ports, id: &str, csv: bool) -> Outcome {
    let id = parse(id)?;
    let import = ports.lists.find_import(&id).await?.ok_or_else(|| missing(id.as_str()))?;
    let held = ports.lists.held_people(&id).await.map_err(|error| refused(&id, error))?;
    let mut document = json!(import);
    document["joins"] = json!(held.joins);
    document["leaves"] = json!(held.leaves);
    if csv {
        return Ok(Reply::done(document, held.csv()).into_file());
    }
    let list = find::list_name(ports, &import.list).await?;
    let text = outline(&import, &list) + &named(&held) + &in_full(&import.report);
    Ok(Reply::done(document, text.trim_end()))
}

fn named(held: &HeldPeople) -> String {
    let HeldPeople { joins, leaves } = held;
    let named = |what, people| Named { what, people, most: NAMED, others: "--csv" }.to_string();
    named("would join", joins) + &named("would leave", leaves)
}

/// Does what an import holds.
pub(super) async fn approve(service: &Service, id: &str) -> Outcome {
    let id = parse(id)?;
    let Stored { what: import, links } =
        people::approve_import(service, &id).await.map_err(|error| refused(&id, error))?;
    let asked = Asked { links };
    let text = format!(
        "Did what the import held: by it, {} joined the list and {} left it.{}",
        import.added,
        import.removed,
        asked.text()
    );
    let mut document = json!(import);
    document["links"] = json!(asked.links);
    Ok(Reply::done(document, text))
}

/// Drops what an import holds.
pub(super) async fn discard(ports: &Ports, id: &str) -> Outcome {
    let id = parse(id)?;
    let import = ports.lists.discard_import(&id).await.map_err(|error| refused(&id, error))?;
    let Import { discarded, .. } = &import;
    let text = format!("Dropped what the import held: {discarded} people stay as they are.");
    Ok(Reply::done(json!(import), text))
}

pub(super) fn parse(id: &str) -> Result<ImportId, Refusal> {
    ImportId::parse(id).map_err(|_| missing(id))
}

pub(super) fn refused(id: &ImportId, error: PortError) -> Refusal {
    match error.fault {
        Fault::Gone => missing(id.as_str()),
        _ => error.into(),
    }
}

fn missing(id: &str) -> Refusal {
    Refusal::new(
        "no_such_import",
        format!("there is no import '{id}'"),
        "see what there is with 'listsync imports ls'",
    )
}
