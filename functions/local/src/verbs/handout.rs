//! `listsync handout`: what a sync would do in the group, for a person to do.

use std::time::Duration;

use listsync_core::handout::Handout;
use listsync_engine::{Ports, preview::preview};
use serde_json::json;

use crate::{
    cli::{HandoutArgs, HandoutForm},
    find,
    output::{self, Outcome, Refusal, Reply},
    progress::Bars,
};

const BUDGET: Duration = Duration::from_secs(3600);

pub(super) async fn run(ports: &Ports, args: &HandoutArgs) -> Outcome {
    let state = find::link(ports, &args.link).await?;
    let name = find::list_name(ports, &state.link.list).await?;
    let until = ports.clock.now() + BUDGET;
    let plan = preview(ports, &state.link.id, until, &Bars::default().bar(&name)).await?;
    let handout = Handout::of(&state.link, &plan).map_err(|error| {
        Refusal::new(
            "handout_group",
            error.to_string(),
            "make the changes that 'listsync plan' shows by hand",
        )
    })?;
    if handout.left_out > 0 {
        output::note(&format!(
            "Left out: {}, whose directory id is not of the usual form. See 'listsync plan'.",
            output::count(handout.left_out, "member", "members")
        ));
    }
    if handout.held > 0 {
        output::note(&format!(
            "Held back until they are approved: {}. See 'listsync plan'.",
            output::count(handout.held, "removal", "removals")
        ));
    }
    let document = json!(handout);
    let text = match args.form {
        HandoutForm::Csv => handout.csv(),
        HandoutForm::Powershell => handout.powershell(),
        HandoutForm::Json => format!("{document:#}\n"),
    };
    Ok(Reply::done(document, text).into_file().exiting(if handout.is_empty() { 0 } else { 2 }))
}
