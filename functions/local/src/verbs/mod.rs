//! One file per family of verbs.

pub(crate) use completions::answer as answer_completion;
use listsync_engine::ports::Decision;
use listsync_wiring::{Config, Environment, SettingError, Wired};

use crate::{
    cli::{GroupsVerb, RunsVerb, Verb},
    demo,
    output::{self, Form, Outcome},
    progress::Bars,
};

mod alerts;
mod asked;
mod audit;
mod authority;
mod backup;
mod completions;
mod console;
mod contacts;
mod decisions;
mod doctor;
mod domains;
mod each;
mod effect;
mod functions;
mod gate;
mod grants;
mod groups;
mod handout;
mod history;
mod imports;
mod keys;
mod link;
mod links;
mod lists;
mod notices;
mod plan;
mod prune;
mod queue;
mod record;
mod rules;
mod runs;
mod serve;
mod settings;
mod status;
mod sync;
mod times;
mod unanswered;
mod undo;
mod waiting;
mod why;
mod work;

use effect::{effect, missing_store};
use record::Begun;

/// Runs a verb.
pub(crate) async fn run(verb: &Verb, form: Form, environment: Result<Environment, SettingError>) -> Outcome {
    match verb {
        Verb::Demo => return demo::run(form).await,
        Verb::Completions { shell } => return completions::run(*shell),
        _ => {}
    }
    let environment = environment?;
    if environment.dotenv().is_some() {
        output::note("The file .env of this folder was read, besides the environment.");
    }
    let config = Config::read(&environment)?;
    // These show how far they came by themselves.
    let shows_itself = matches!(
        verb,
        Verb::Plan(_)
            | Verb::Handout(_)
            | Verb::Sync(_)
            | Verb::Work(_)
            | Verb::Serve(_)
            | Verb::Import(_)
            | Verb::Status(_)
            | Verb::Runs(RunsVerb::Undo(_))
    );
    let _waiting = (!shows_itself).then(|| Bars::default().bar("working"));
    if let Verb::Doctor(args) = verb {
        return doctor::run(config, *args).await;
    }
    if let Verb::Backup { file } = verb {
        return backup::run(&config, file);
    }
    let opened = listsync_wiring::open(config, missing_store(verb)).await?;
    let begun = Begun::of(&opened.service, effect(verb)).await;
    let outcome = wired(verb, form, &opened).await;
    if let Some(begun) = begun {
        begun.ended(&opened.service, &outcome).await;
    }
    outcome
}

async fn wired(verb: &Verb, form: Form, wired: &Wired) -> Outcome {
    let ports = &wired.ports;
    match verb {
        Verb::Lists(verb) => lists::run(&wired.service, verb).await,
        Verb::Contacts(verb) => contacts::run(wired, verb).await,
        Verb::Keys(verb) => keys::run(&wired.service, verb).await,
        Verb::Import(args) => imports::import(wired, args).await,
        Verb::Imports(verb) => imports::run(&wired.service, verb).await,
        Verb::Subscribe(person) => decisions::run(&wired.service, person, Decision::Subscribed).await,
        Verb::Unsubscribe(person) => decisions::run(&wired.service, person, Decision::OptedOut).await,
        Verb::Link(args) => link::run(wired, args).await,
        Verb::Groups(GroupsVerb::Ls { text }) => {
            groups::run(wired, text.as_deref().unwrap_or_default()).await
        }
        Verb::Links(verb) => links::run(ports, verb).await,
        Verb::Plan(some) => plan::run(&wired.service, some).await,
        Verb::Handout(args) => handout::run(ports, args).await,
        Verb::Sync(args) => sync::sync(&wired.service, args).await,
        Verb::Tick => work::tick(wired).await,
        Verb::Work(args) => work::work(wired, args, form).await,
        Verb::Serve(args) => serve::run(wired, args, form).await,
        Verb::Console(args) => console::run(&wired.service, *args).await,
        Verb::Audit(verb) => audit::run(&wired.service, verb).await,
        Verb::Alerts(verb) => alerts::run(wired, verb).await,
        Verb::Why(person) => why::run(ports, person).await,
        Verb::Status(args) => status::run(ports, args, form).await,
        Verb::Runs(verb) => runs::run(&wired.service, verb, form).await,
        Verb::Settings(verb) => settings::run(&wired.service, verb).await,
        // These need no ports, or open them themselves.
        Verb::Demo | Verb::Completions { .. } | Verb::Doctor(_) | Verb::Backup { .. } => {
            unreachable!("run before")
        }
    }
}
