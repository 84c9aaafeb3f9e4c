//! `listsync why`: one person on one list, step by step.

use std::{fmt::Write as _, time::Duration};

use listsync_core::why::{Answer, Step};
use listsync_engine::{
    Ports,
    ports::{Call, Meter},
    why::{self, Told},
};
use listsync_http::documents::why::WhyDocument;
use serde_json::json;

use crate::{
    cli::Person,
    find,
    output::{self, Outcome, Reply},
    view::moment,
};

/// So long the directory may take.
const PATIENCE: Duration = Duration::from_secs(60);

pub(super) async fn run(ports: &Ports, person: &Person) -> Outcome {
    let list = find::list(ports, &person.list).await?;
    let address = find::address(&person.email)?;
    let meter = Meter::default();
    let now = ports.clock.now();
    let call = Call { until: now + PATIENCE, meter: &meter };
    let told = why::tell(ports, &list, &address, call, &moment).await?;
    let mut text = String::new();
    for one in &told {
        write(&mut text, (&list.name, address.as_str()), one);
    }
    Ok(Reply::done(json!(WhyDocument::of(&list, &address, told, now)), text))
}

fn write(text: &mut String, (list, address): (&str, &str), told: &Told) {
    let group = told.group.as_ref().map_or_else(String::new, |group| format!(" and the group '{group}'"));
    let heading = output::bold(&format!("{address} on '{list}'{group}"));
    let _ = writeln!(text, "{heading}: the link is {}", told.state.text(moment));
    for Step { question, answer, text: said, hint } in &told.steps {
        let said = if *answer == Answer::Stop { output::yellow(said) } else { said.clone() };
        let _ = writeln!(text, "  {:<28}{said}", question.to_string());
        if !hint.is_empty() {
            let _ = writeln!(text, "  {:<28}{hint}", "");
        }
    }
    text.push('\n');
}
