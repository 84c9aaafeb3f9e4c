//! `listsync runs`: what past runs did.

use listsync_core::{
    id::RunId,
    summary::{Failure, Summary},
};
use listsync_engine::Ports;
use serde_json::json;

use crate::{
    cli::RunsVerb,
    find,
    output::{self, Form, Outcome, Refusal, Reply},
    view,
};

pub(super) async fn run(ports: &Ports, verb: &RunsVerb, form: Form) -> Outcome {
    match verb {
        RunsVerb::Ls { list, limit } => ls(ports, list.as_deref(), *limit).await,
        RunsVerb::Show { failures_csv: true, .. } if form == Form::Json => Err(Refusal::new(
            "usage",
            "--failures-csv and --json ask for two different forms",
            "leave one of them out: the summary's JSON has the failures, too",
        )),
        RunsVerb::Show { run, failures_csv } => show(ports, run, *failures_csv).await,
    }
}

async fn ls(ports: &Ports, list: Option<&str>, limit: usize) -> Outcome {
    let summaries = match list {
        None => ports.runs.latest(None, limit).await?,
        Some(list) => of_list(ports, list, limit).await?,
    };
    let rows: Vec<_> = summaries.iter().map(row).collect();
    let heading = ["FINISHED", "LIST", "OUTCOME", "LIST +/-", "GROUP +/-", "FAILED", "RUN"];
    let text = match rows.is_empty() {
        true => "There is no run yet. Run one: listsync sync LIST".to_owned(),
        false => output::table(heading, &rows),
    };
    Ok(Reply::done(json!(summaries), text))
}

async fn of_list(ports: &Ports, list: &str, limit: usize) -> Result<Vec<Summary>, Refusal> {
    let list = find::list(ports, list).await?;
    let mut summaries = Vec::new();
    for state in ports.links.of_list(&list.id).await? {
        summaries.extend(ports.runs.latest(Some(&state.link.id), limit).await?);
    }
    summaries.sort_by_key(|run| std::cmp::Reverse(run.finished_at));
    summaries.truncate(limit);
    Ok(summaries)
}

fn row(run: &Summary) -> [String; 7] {
    [
        view::moment(run.finished_at),
        run.list.name.clone(),
        run.outcome.to_string(),
        format!("+{} -{}", run.list.added, run.list.removed),
        format!("+{} -{}", run.group.added, run.group.removed),
        run.failures.len().to_string(),
        run.run.to_string(),
    ]
}

async fn show(ports: &Ports, run: &str, failures_csv: bool) -> Outcome {
    let missing = || {
        Refusal::new(
            "no_such_run",
            format!("there is no run '{run}'"),
            "see what there is with 'listsync runs ls'",
        )
    };
    let id = RunId::parse(run).map_err(|_| missing())?;
    let summary = ports.runs.load(&id).await?.ok_or_else(missing)?;
    let text = if failures_csv {
        csv(&summary)?
    } else {
        format!("{summary}Run {}, {}\n", summary.run, cost(&summary))
    };
    Ok(Reply::done(json!(summary), text))
}

fn cost(summary: &Summary) -> String {
    let read = view::word(summary.read);
    let (graph, took) = (summary.graph, summary.duration_ms);
    format!("{read} read, {} requests to Graph with {} writes, {took} ms.", graph.requests, graph.writes)
}

fn csv(summary: &Summary) -> Result<String, Refusal> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let broken =
        |error: csv::Error| Refusal::new("csv", format!("the failures could not be written: {error}"), "");
    writer
        .write_record([
            "run",
            "link",
            "side",
            "op",
            "address",
            "object_id",
            "code",
            "message",
            "hint",
            "retryable",
        ])
        .map_err(broken)?;
    for failure in &summary.failures {
        writer.write_record(record(summary, failure).map(|cell| harmless(&cell))).map_err(broken)?;
    }
    let bytes = writer.into_inner().map_err(|error| Refusal::new("csv", error.to_string(), ""))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn record(summary: &Summary, failure: &Failure) -> [String; 10] {
    let Failure { side, op, address, object_id, code, message, hint, retryable } = failure;
    [
        summary.run.to_string(),
        summary.link.to_string(),
        side.to_string(),
        op.to_string(),
        address.as_ref().map(ToString::to_string).unwrap_or_default(),
        object_id.as_ref().map(ToString::to_string).unwrap_or_default(),
        code.clone(),
        message.clone(),
        hint.clone(),
        retryable.to_string(),
    ]
}

/// A cell that a spreadsheet would read as a formula gets an apostrophe before it (OWASP ASVS 5.0, 1.2.10).
fn harmless(cell: &str) -> String {
    match cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\0']) {
        true => format!("'{cell}"),
        false => cell.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_that_would_be_a_formula_is_escaped() {
        for start in ["=", "+", "-", "@", "\t", "\r", "\0"] {
            assert_eq!(harmless(&format!("{start}1")), format!("'{start}1"));
        }
        assert_eq!(harmless("a=1"), "a=1");
        assert_eq!(harmless(""), "");
    }
}
