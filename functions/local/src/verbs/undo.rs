//! `listsync runs undo`: what a run did is taken back, on both sides.

use std::time::Duration;

use listsync_core::{
    audit::{Action, Object, ObjectKind},
    undo::WhyNot,
};
use listsync_engine::{
    Ports,
    ports::{Call, Meter},
    service::Service,
    undo::{self, Proposal, Undone},
};
use listsync_http::documents::undo::{UndoDocument, UndoneDocument};
use serde_json::{Value, json};

use super::{record, runs::load, sync};
use crate::{
    cli::{SomeLinks, UndoArgs},
    confirm::{self, Going, Weight},
    output::{self, Outcome, Reply},
    view,
};

/// So long the directory may take to say who is protected.
const PATIENCE: Duration = Duration::from_secs(60);
/// As after `plan`: something is to be done.
const PENDING: u8 = 2;

pub(super) async fn run(service: &Service, args: &UndoArgs) -> Outcome {
    let ports = &service.ports;
    let summary = load(ports, &args.run).await?;
    let meter = Meter::default();
    let call = Call { until: ports.clock.now() + PATIENCE, meter: &meter };
    let proposal = undo::propose(ports, service.contacts.as_ref(), &summary, call).await?;
    let shown = shown(&proposal);
    if let Some(digest) = &args.plan {
        proposal.demand(digest)?;
    } else if is_over(&proposal) {
        return Ok(Reply::done(json!(UndoDocument::of(&proposal)), shown).unchanged());
    } else if !args.yes && !confirm::can_ask() {
        let text = format!("{shown}Do just this: {}\n", command(&proposal));
        return Ok(Reply::done(json!(UndoDocument::of(&proposal)), text).exiting(PENDING).unchanged());
    } else {
        output::note(shown.trim_end());
        let question = format!("Take the run back on the list '{}' and in its group?", proposal.list.name);
        confirm::ask(&Going { question: &question, weight: Weight::Heavy, said: args.yes })?;
    }
    let done = undo::carry_out(ports, &proposal).await;
    // At once: a history tells by it who moved people, and the run that carries it on may take long, or fail.
    record::came_to(service, Action::RunUndo, objects(&proposal), done.as_ref().err()).await;
    carried(ports, &proposal, done?).await
}

/// Whether a run of the link has nothing to carry on either: an undo that was broken off left people as they were before.
fn is_over(Proposal { undo, .. }: &Proposal) -> bool {
    undo.is_empty() && !undo.reasons().contains_key(&WhyNot::AsBefore)
}

fn command(Proposal { undo, .. }: &Proposal) -> String {
    format!("listsync runs undo {} --plan {}", undo.run, undo.digest)
}

fn shown(proposal: &Proposal) -> String {
    let Proposal { undo, link, others, .. } = proposal;
    let paint = |line: &str| match line.as_bytes() {
        [b'+', ..] => output::green(line),
        [b'-', ..] => output::red(line),
        _ => line.to_owned(),
    };
    let mut text: String = undo.to_string().lines().map(|line| paint(line) + "\n").collect();
    if !undo.is_empty() {
        text += &format!("A sync carries it to {}.\n", view::groups(link));
        for other in others {
            text += &format!("{} follows the list, too.\n", view::place(other));
        }
    }
    text
}

fn objects(Proposal { undo, list, link, .. }: &Proposal) -> Vec<Object> {
    vec![
        Object::new(ObjectKind::Run, &undo.run),
        Object::new(ObjectKind::Link, &link.id),
        Object::new(ObjectKind::List, &list.id),
    ]
}

/// Runs the link, so that its group follows, and tells how that went.
async fn carried(ports: &Ports, proposal: &Proposal, done: Undone) -> Outcome {
    let some = SomeLinks { list: proposal.link.id.to_string(), place: None };
    let Reply { document: run, text, exit, .. } = sync::run(ports, &some).await?;
    let mut document = json!(UndoneDocument::of(proposal, &done));
    if let Value::Object(fields) = &mut document {
        fields.insert("summary".to_owned(), run);
    }
    let people = |count| output::count(count, "person", "people");
    let (back, off) = (people(done.returned), people(done.left));
    let text = format!("{back} came back to the list '{}', {off} left it.\n{text}", proposal.list.name);
    Ok(Reply::done(document, text).exiting(exit))
}
