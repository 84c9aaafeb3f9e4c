//! `listsync tick` and `listsync work`: timer and worker, once.

use std::sync::{Mutex, PoisonError};

use listsync_core::summary::{Outcome as Ended, Summary};
use listsync_engine::alerts::Alerting;
use listsync_engine::ports::PortError;
use listsync_http::Pulse;
use listsync_timer::{FanOut, Timer};
use listsync_wiring::Wired;
use serde_json::json;

use crate::{
    cli::WorkArgs,
    host::{
        self,
        crew::{self, Bench, Ending, News, Worked},
    },
    output::{self, Form, Outcome, Refusal, Reply},
    view,
};

pub(super) async fn tick(wired: &Wired) -> Outcome {
    let timer = Timer { service: wired.service.clone(), post: wired.post(), alerting: alerting(wired) };
    let FanOut { due, sent, failed } = listsync_timer::handle(&timer).await?;
    let text = match due {
        0 => "No link is due.".to_owned(),
        _ => format!(
            "{} due: {} sent, {failed} failed.",
            output::count(due, "link is", "links are"),
            output::count(sent, "message", "messages")
        ),
    };
    let exit = if failed > 0 { 3 } else { 0 };
    Ok(Reply::done(json!({"due": due, "sent": sent, "failed": failed}), text).exiting(exit))
}

/// By which ways people are told of trouble; none: their settings make no sense, which is said, and keeps no link from its run.
pub(super) fn alerting(wired: &Wired) -> Option<Alerting> {
    let say = |error: &PortError| {
        output::note(&format!(
            "{} nobody is told of trouble: {error}. {}",
            output::yellow("warning:"),
            error.hint
        ));
    };
    wired.alerting().inspect_err(say).ok()
}

pub(super) async fn work(wired: &Wired, args: &WorkArgs, form: Form) -> Outcome {
    let stop = host::stop_signal()?;
    let ending = if args.until_empty { Ending::WhenEmpty(stop) } else { Ending::WhenStopped(stop) };
    let bench = Bench::of(wired, Pulse::new("worker", host::BEAT));
    let runs = Mutex::new(Vec::new());
    let note = |news: News<'_>| {
        tell(form, &news);
        if let News::Run(summary) = news {
            runs.lock().unwrap_or_else(PoisonError::into_inner).push(summary.clone());
        }
    };
    let worked = crew::work(&bench, ending, &note).await?;
    Ok(reply(&worked, &runs.into_inner().unwrap_or_else(PoisonError::into_inner)))
}

/// Tells of one message: a run's summary is part of the answer to a person.
pub(super) fn tell(form: Form, news: &News<'_>) {
    match (news, form) {
        (News::Run(summary), _) if summary.outcome == Ended::Busy => {
            output::note("Another process has this link under way; it takes this request in.");
        }
        (News::Run(summary), Form::Text) => output::to_stdout(&format!("{}\n", summary.window(view::moment))),
        (News::Run(summary), Form::Json) => {
            output::note(&format!("{}: {}", summary.list.name, summary.outcome))
        }
        (News::Retried(error), _) => {
            output::note(&format!(
                "{} {error}. {} It is tried again later.",
                output::yellow("later:"),
                error.hint
            ));
        }
        (News::Unheard(error), _) => {
            output::note(&format!(
                "{} {error}. {} It is asked again.",
                output::yellow("the worker:"),
                error.hint
            ));
        }
        (News::Refused(why), _) => output::note(&format!("{} {why}", output::red("refused:"))),
    }
}

/// The answer of a worker that ended.
fn reply(worked: &Worked, runs: &[Summary]) -> Reply {
    let Worked { handled, retried, refused, .. } = worked;
    let retried: Vec<_> = retried.iter().map(|error| Refusal::from(error.clone()).document()).collect();
    let document = json!({"handled": handled, "runs": runs, "retried": retried, "refused": refused});
    Reply::done(document, self::handled(*handled, runs.len() as u64)).exiting(exit_code(worked, runs))
}

pub(super) fn handled(messages: u64, runs: u64) -> String {
    match messages {
        0 => "The queue is empty.".to_owned(),
        _ => format!(
            "Handled {} with {}.",
            output::count(messages, "message", "messages"),
            output::count(runs, "run", "runs")
        ),
    }
}

/// The first of the house's codes that applies to all of it together.
fn exit_code(Worked { retried, refused, .. }: &Worked, runs: &[Summary]) -> u8 {
    let own = runs.iter().filter(|run| run.outcome != Ended::Busy);
    let mut codes: Vec<u8> = own.map(Summary::exit_code).collect();
    codes.extend(retried.iter().map(|_| 1));
    codes.extend(refused.iter().map(|_| 1));
    match codes.as_slice() {
        [] => 0,
        all if all.iter().all(|code| *code == 1) => 1,
        some if some.contains(&4) => 4,
        some if some.iter().any(|code| !matches!(code, 0 | 2)) => 3,
        some if some.contains(&2) => 2,
        _ => 0,
    }
}
