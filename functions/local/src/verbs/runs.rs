//! `listsync runs`: what past runs did, and taking it back.

use listsync_core::{audit::Completion, id::RunId, summary::Summary};
use listsync_engine::{Ports, effects, history, service::Service};
use listsync_http::documents::{
    effects::{EffectDocument, TakenBackDocument, csv},
    failures,
    summary::SummaryDocument,
};
use serde_json::json;

use super::undo;
use crate::{
    cli::RunsVerb,
    find,
    output::{self, Form, Outcome, Refusal, Reply},
    view,
};

pub(super) async fn run(service: &Service, verb: &RunsVerb, form: Form) -> Outcome {
    let ports = &service.ports;
    match verb {
        RunsVerb::Ls { list, limit } => ls(ports, list.as_deref(), *limit).await,
        RunsVerb::Show { failures_csv: true, .. } if form == Form::Json => Err(Refusal::new(
            "usage",
            "--failures-csv and --json ask for two different forms",
            "leave one of them out: the summary's JSON has the failures, too",
        )),
        RunsVerb::Show { csv: true, .. } if form == Form::Json => Err(Refusal::new(
            "usage",
            "--csv and --json ask for two different forms",
            "leave one of them out",
        )),
        RunsVerb::Show { run, members: true, csv, .. } => members(service, run, *csv).await,
        RunsVerb::Show { run, failures_csv, .. } => show(service, run, *failures_csv).await,
        RunsVerb::Undo(args) => undo::run(service, args).await,
    }
}

async fn ls(ports: &Ports, list: Option<&str>, limit: usize) -> Outcome {
    let OfList { summaries, idle } = match list {
        None => OfList { summaries: ports.runs.latest(None, limit).await?, idle: 0 },
        Some(list) => of_list(ports, list, limit).await?,
    };
    let rows: Vec<_> = summaries.iter().map(row).collect();
    let heading = ["FINISHED", "LIST", "OUTCOME", "LIST +/-", "GROUP +/-", "FAILED", "RUN"];
    let text = match rows.is_empty() {
        true => "There is no run yet. Run one: listsync sync LIST".to_owned(),
        false => output::table(heading, &rows),
    };
    let text = match idle {
        0 => text,
        _ => format!("{text}and {} that found nothing", output::count(idle, "run", "runs")),
    };
    Ok(Reply::done(json!(summaries), text))
}

/// The runs of a list's links.
struct OfList {
    summaries: Vec<Summary>,
    /// How many more found nothing, of which no summary is kept.
    idle: u64,
}

async fn of_list(ports: &Ports, list: &str, limit: usize) -> Result<OfList, Refusal> {
    let list = find::list(ports, list).await?;
    let (mut summaries, mut idle) = (Vec::new(), 0);
    for state in ports.links.of_list(&list.id).await? {
        // The last of them is among the link's runs.
        idle += state.quiet.as_ref().map_or(0, |quiet| quiet.in_a_row.saturating_sub(1));
        summaries.extend(ports.runs.latest(Some(&state.link.id), limit).await?);
    }
    summaries.sort_by_key(|run| std::cmp::Reverse(run.finished_at));
    summaries.truncate(limit);
    Ok(OfList { summaries, idle })
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

async fn show(service: &Service, run: &str, failures_csv: bool) -> Outcome {
    let ports = &service.ports;
    let summary = load(ports, run).await?;
    if failures_csv {
        return Ok(Reply::done(json!(summary), failures::csv(&summary)).into_file());
    }
    let document = SummaryDocument::load(ports, summary).await?;
    let SummaryDocument { summary, unsettled } = &document;
    let text = format!(
        "{}Run {}, {}\n{}{}",
        summary.window(view::moment),
        summary.run,
        cost(summary),
        taken_back(service, summary).await?,
        view::out_of_step(unsettled)
    );
    Ok(Reply::done(json!(document), text))
}

/// That somebody took the run back; empty where nobody did.
async fn taken_back(service: &Service, run: &Summary) -> Result<String, Refusal> {
    let undone = history::taken_back(service, run).await?;
    let lines = undone.iter().map(|entry| {
        let actor = entry.actor.to_string();
        let how = match entry.completion {
            Completion::Done => "",
            Completion::BrokenOff => ", in part",
        };
        format!("Taken back {}{how}, by {actor}.\n", view::moment(entry.at))
    });
    Ok(lines.collect())
}

/// Whom a run added and removed.
async fn members(service: &Service, run: &str, as_csv: bool) -> Outcome {
    let summary = load(&service.ports, run).await?;
    let all = match effects::WhichRuns::of_run(&summary) {
        Some(runs) => {
            let effects = effects::all(&service.ports, &runs).await?;
            history::traced(service, &runs.list, effects).await?
        }
        None => Vec::new(),
    };
    let all: Vec<EffectDocument> = all.iter().map(EffectDocument::of).collect();
    if as_csv {
        return Ok(Reply::done(json!(all), csv(&all)).into_file());
    }
    let text = match all.is_empty() {
        true => "It added and removed nobody of whom anything is kept.".to_owned(),
        false => {
            let rows: Vec<_> = all.iter().map(member).collect();
            output::table(["WHEN", "WHERE", "WHAT", "WHO", "WHY"], &rows)
        }
    };
    Ok(Reply::done(json!(all), text))
}

fn member(one: &EffectDocument) -> [String; 5] {
    let who = one.address.as_ref().or(one.object_id.as_ref()).or(one.contact.as_ref());
    let why = match &one.takes_back {
        None => one.cause.to_owned(),
        // As the histories have it.
        Some(TakenBackDocument { kind: "run", id }) => format!("undo of {id}"),
        Some(TakenBackDocument { kind, id }) => format!("undo of {kind} {id}"),
    };
    let why = if one.certain { why } else { format!("{why} (uncertain)") };
    let who = who.cloned().unwrap_or_else(|| "erased".to_owned());
    [view::moment(one.at), one.side.to_string(), one.op.to_string(), who, why]
}

pub(super) async fn load(ports: &Ports, run: &str) -> Result<Summary, Refusal> {
    let missing = || {
        Refusal::new(
            "no_such_run",
            format!("there is no run '{run}'"),
            "see what there is with 'listsync runs ls'",
        )
    };
    let id = RunId::parse(run).map_err(|_| missing())?;
    ports.runs.load(&id).await?.ok_or_else(missing)
}

fn cost(summary: &Summary) -> String {
    let read = view::word(summary.read);
    let (graph, took) = (summary.graph, summary.duration_ms);
    format!("{read} read, {} requests to Graph with {} writes, {took} ms.", graph.requests, graph.writes)
}
