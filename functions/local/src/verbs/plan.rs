//! `listsync plan`: what a sync would do, without doing it.

use std::time::Duration;

use listsync_core::plan::Plan;
use listsync_engine::{
    preview::{keep, preview},
    service::Service,
};
use serde_json::json;

use super::each;
use crate::{
    cli::SomeLinks,
    find,
    output::{self, Outcome, Reply},
    progress::Bars,
    view,
};

const BUDGET: Duration = Duration::from_secs(3600);

pub(super) async fn run(service: &Service, some: &SomeLinks) -> Outcome {
    let ports = &service.ports;
    let links = find::links(ports, some).await?;
    let mut each = each::Each::of("plans", links.len());
    for state in &links {
        let name = find::list_name(ports, &state.link.list).await?;
        let until = ports.clock.now() + BUDGET;
        let plan = preview(ports, &state.link.id, until, &Bars::default().bar(&name)).await;
        if let Ok(plan) = &plan {
            remember(service, plan).await;
        }
        each.add((&state.link, &name), plan.map(reply).map_err(Into::into))?;
    }
    Ok(each.into_reply())
}

/// Keeps what is shown, for `sync --plan`. Who may only read the store is shown it all the same.
async fn remember(service: &Service, plan: &Plan) {
    if let Err(error) = keep(service.seen.as_ref(), plan, service.ports.clock.now()).await {
        output::note(&format!("No sync can keep to this plan, as it could not be kept: {error}."));
    }
}

fn reply(plan: Plan) -> Reply {
    let (text, exit) = (coloured(&plan.text(view::moment)), exit_code(&plan));
    Reply::done(json!(plan), text).exiting(exit)
}

/// 4 when something would be held, 2 when changes are pending or somebody waits, 0 when there is nothing to do.
fn exit_code(plan: &Plan) -> u8 {
    match (plan.held.effects.is_empty(), plan.is_empty() && !plan.waits()) {
        (false, _) => 4,
        (true, false) => 2,
        (true, true) => 0,
    }
}

fn coloured(plan: &str) -> String {
    let paint = |line: &str| match line.as_bytes() {
        [b'+', ..] => output::green(line),
        [b'-', ..] if line.contains("held: ") => output::yellow(line),
        [b'-', ..] => output::red(line),
        _ => line.to_owned(),
    };
    plan.lines().map(|line| paint(line) + "\n").collect()
}
