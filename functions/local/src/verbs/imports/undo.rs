//! Taking an import back.

use std::fmt::Write as _;

use listsync_core::{
    grant::Lists,
    import::undo::{Part, Step, Totals, WhyNot},
};
use listsync_engine::{
    imports_undo::{self, TakenBack, UndoPlan},
    people::Stored,
    service::Service,
};
use listsync_http::documents::import_undo::{UndoPlanDocument, UndoneDocument};
use serde_json::json;

use super::held::{parse, refused};
use crate::{
    confirm::{self, Going, Weight},
    output::{self, Outcome, Reply},
    verbs::asked::Asked,
    view,
};

/// So many people are named to a person; a document has them all.
const NAMED: usize = 20;
/// Of a plan that is shown and not done, as of any other.
const PENDING: u8 = 2;

/// Shows what taking an import back does; and does it, once a person said so beforehand or says so now.
pub(super) async fn undo(service: &Service, id: &str, yes: bool, shown: Option<&str>) -> Outcome {
    let id = parse(id)?;
    let given = &Lists::All;
    let plan = imports_undo::plan(service, &id, given).await.map_err(|error| refused(&id, error))?;
    match shown {
        Some(digest) => imports_undo::expect(&plan, digest)?,
        None if yes => {}
        None if confirm::can_ask() => {
            output::note(&outline(&plan));
            let question = "Take it back?";
            confirm::ask(&Going { question, weight: Weight::Heavy, said: false })?;
        }
        None => {
            let text = format!(
                "{}\nNothing was changed. Do it: listsync imports undo {id} --plan {}",
                outline(&plan),
                plan.digest
            );
            return Ok(Reply::done(json!(UndoPlanDocument::from(&plan)), text).exiting(PENDING).unchanged());
        }
    }
    let done = imports_undo::undo(service, &plan, given).await.map_err(|error| refused(&id, error))?;
    let asked = Asked { links: done.links.clone() };
    let text = told(&plan, &done) + &asked.text();
    let exit = if done.what.meanwhile.is_empty() { 0 } else { 3 };
    Ok(Reply::done(json!(UndoneDocument::from(done)), text).exiting(exit))
}

/// What it would do, for a person.
fn outline(plan: &UndoPlan) -> String {
    let UndoPlan { import, list, undo, people, later, digest } = plan;
    let Totals { leave, come_back, restored, deleted, left_out } = plan.totals();
    let mut text =
        format!("Takes {} of {} back from '{}':\n", import.file, view::moment(import.at), list.name);
    let address =
        |step: &Step| people.get(&step.change.touched.contact).map(|person| &person.contact.address);
    for (named, step) in undo.due().enumerate() {
        let Some(address) = address(step) else { continue };
        if named < NAMED {
            let _ = writeln!(text, "  {address}: {}", deeds(step).join(", "));
        }
    }
    others(&mut text, undo.due().count());
    let stays = |step: &&Step| step.verdict.left.values().any(|why| *why != WhyNot::AsBefore);
    for step in undo.steps.iter().filter(stays).take(NAMED) {
        let who = address(step).map_or_else(|| "somebody".to_owned(), ToString::to_string);
        let left = step.verdict.left.iter().filter(|(_, why)| **why != WhyNot::AsBefore);
        for (part, why) in left {
            let _ = writeln!(text, "  left out: {who}: {}: {}", named(part), why.sentence());
        }
    }
    others(&mut text, undo.steps.iter().filter(stays).count());
    let _ = writeln!(
        text,
        "  {leave} leave the list, {come_back} come back, {restored} have something as it was, {} deleted, {left_out} left out",
        output::count(deleted, "contact", "contacts")
    );
    if *later > 0 {
        let _ = writeln!(
            text,
            "  {} taken in after it. Whom it names unchanged goes all the same: import it once more afterwards, with --again take-in.",
            output::count(*later, "file was", "files were")
        );
    }
    let _ = write!(text, "  plan {digest}");
    text
}

fn others(text: &mut String, all: usize) {
    if all > NAMED {
        let _ = writeln!(text, "  and {} more: see them all with --json", all - NAMED);
    }
}

fn deeds(step: &Step) -> Vec<String> {
    step.verdict.back.iter().map(deed).collect()
}

fn deed(part: &Part) -> String {
    match part {
        Part::Joined => "leaves the list".to_owned(),
        Part::Left => "comes back".to_owned(),
        Part::Contact => "contact deleted".to_owned(),
        part => format!("{} as it was", named(part)),
    }
}

fn named(part: &Part) -> String {
    match part {
        Part::Joined | Part::Left => "membership".to_owned(),
        Part::Address => "address".to_owned(),
        Part::Name => "name".to_owned(),
        Part::Keys => "external id".to_owned(),
        Part::Field(name) => name.clone(),
        Part::Details => "fields".to_owned(),
        Part::Contact => "contact".to_owned(),
    }
}

/// What it did.
fn told(plan: &UndoPlan, done: &Stored<TakenBack>) -> String {
    let TakenBack { import, meanwhile } = &done.what;
    let totals = import.undone.map_or_else(Totals::default, |undone| undone.totals);
    let Totals { leave, come_back, restored, deleted, left_out } = totals;
    let mut text = format!(
        "Took {} back: {leave} left '{}', {come_back} came back, {restored} have something as it was, {} deleted, {left_out} left out.",
        import.file,
        plan.list.name,
        output::count(deleted, "contact", "contacts"),
    );
    if !meanwhile.is_empty() {
        let _ = write!(
            text,
            "\n{} came to be otherwise meanwhile, and stay as they are.",
            output::count(meanwhile.len() as u64, "person", "people")
        );
    }
    text
}
