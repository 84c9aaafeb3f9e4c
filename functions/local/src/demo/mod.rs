//! `listsync demo`: the whole system on an emulated tenant, command by command, as a person would type them.
//!
//! The emulator runs in this process; each command is run as a process of its own, so nothing is shown that a person
//! could not do. Everything is in a temporary folder that is gone afterwards.

use listsync_core::summary::{GraphCost, ReadKind, Summary};
use listsync_graph_emulator::{Care, Emulator, ObjectId, Running, sample};
use serde_json::json;

use crate::output::{Form, Outcome, Refusal, Reply};

mod people;
mod stage;

use people::Cast;
use stage::{Shown, Stage};

const PEOPLE: usize = 2_000;
const SEED: u64 = 1;
const LIST: &str = "Scott Newsletter";

/// Plays the demo. It leaves nothing behind.
pub(crate) async fn run(form: Form) -> Outcome {
    let unready =
        |error: &dyn std::error::Error| Refusal::new("demo", format!("the demo cannot start: {error}"), "");
    let running =
        Emulator::builder().care(Care::Noted).seed(SEED).start().await.map_err(|error| unready(&error))?;
    let tenant = sample::tenant(&running.tenant(), PEOPLE, SEED);
    let cast = Cast::of(&tenant);
    let stage = Stage::set(form, &running).map_err(|error| unready(&error))?;
    stage.say(&format!(
        "This is a tenant of {PEOPLE} people on this machine: an emulated Microsoft Graph at {}.\n\
         Among them are guests, people without a mailbox, with aliases, with disabled accounts, a shared mailbox and\n\
         nested groups. What follows are the commands that you would type, and what they really print.",
        running.graph_url
    ));
    let first = first_sync(&stage, &cast).await?;
    let second = second_sync(&stage, &cast, &running).await?;
    let (held, back) = accident(&stage, &running).await?;
    stage.say(OWN_TENANT);
    Ok(Reply::done(json!({"syncs": [first, second], "hold": {"held": held, "discarded": back}}), ""))
}

async fn first_sync(stage: &Stage, cast: &Cast) -> Result<Summary, Refusal> {
    stage.step("A CSV file as an export gives it, with what such files hold: a row twice, a row without an address, a\nmisspelt name, people from outside.");
    stage.write("people.csv", &cast.csv())?;
    stage.show("$ head -5 people.csv", &cast.csv().lines().take(5).collect::<Vec<_>>().join("\n"));

    stage.step(
        "Make a list and import the file. A bad row is told and stops nobody else, so this exits with 3.",
    );
    stage.run(&["lists", "create", LIST], Shown::All).await?;
    stage.run(&["import", "people.csv", "--list", LIST, "--mode", "incremental"], Shown::All).await?;

    stage.step(
        "Say which domains are your own, so that everybody else counts as external. And as nobody lags behind here,\nbelieve each read at once; with Entra ID leave that at its default of 30 minutes.",
    );
    stage.run(&["settings", "set", "internal-domains", "contoso.example"], Shown::All).await?;
    stage.run(&["settings", "set", "settle-window", "0s"], Shown::All).await?;

    stage.step("Link the list to a new group, both ways, and look at what a sync would do.");
    stage.run(&["link", LIST, "--new-group", LIST], Shown::All).await?;
    stage.run(&["plan", LIST], Shown::Some(6)).await?;

    stage.step("The timer puts one message per due link onto the queue; the worker takes it and syncs.");
    stage.run(&["tick"], Shown::All).await?;
    stage.run(&["work", "--until-empty"], Shown::All).await?;
    let summary = stage.latest_run(LIST).await?;
    stage.say(&cost(&summary));
    Ok(summary)
}

async fn second_sync(stage: &Stage, cast: &Cast, running: &Running) -> Result<Summary, Refusal> {
    stage.step("Now a change on each side. On the list, one person unsubscribes, and you add another.");
    stage.run(&["unsubscribe", LIST, &cast.leaver.address], Shown::All).await?;
    stage
        .run(&["lists", "add", LIST, &cast.joiner.address, "--name", &cast.joiner.name()], Shown::All)
        .await?;

    stage.step(&format!(
        "In Entra ID, an administrator adds {} to the group and takes {} out.",
        cast.added.address, cast.removed.address
    ));
    let group = group(running)?;
    running.tenant().add_member(group, cast.added.id);
    running.tenant().remove_member(group, cast.removed.id);

    stage.step("Sync once more, this time on demand.");
    stage.run(&["sync", LIST], Shown::All).await?;
    let summary = stage.latest_run(LIST).await?;
    stage.say(&cost(&summary));

    stage.step("Who unsubscribed stays away, whatever an import or the group says; the runs are kept.");
    stage.run(&["lists", "show", LIST], Shown::All).await?;
    stage.run(&["runs", "ls"], Shown::All).await?;
    Ok(summary)
}

/// Somebody empties the group by a slip: the run that holds it, and the one after a person has dropped it.
async fn accident(stage: &Stage, running: &Running) -> Result<(Summary, Summary), Refusal> {
    stage.step("Now an accident: in Entra ID, somebody takes everybody out of the group. What smells of one waits for a\nperson. Nobody leaves the list.");
    let group = group(running)?;
    for member in running.tenant().members(group) {
        running.tenant().remove_member(group, member);
    }
    stage.run(&["sync", LIST], Shown::All).await?;
    let held = stage.latest_run(LIST).await?;
    stage.run(&["status"], Shown::All).await?;

    stage.step("You see that it was a mistake, and drop it. The next sync brings everybody back.");
    stage.run(&["links", "discard", LIST], Shown::All).await?;
    stage.run(&["sync", LIST], Shown::All).await?;
    let back = stage.latest_run(LIST).await?;
    stage.run(&["status"], Shown::All).await?;
    Ok((held, back))
}

fn group(running: &Running) -> Result<ObjectId, Refusal> {
    let group = running.tenant().groups().into_iter().find(|group| group.display_name == LIST);
    group
        .map(|group| group.id)
        .ok_or_else(|| Refusal::new("demo", "the demo's group was not created", "report this"))
}

fn cost(summary: &Summary) -> String {
    let read = match summary.read {
        ReadKind::Full => "That was a full sync: both sides were read whole.",
        ReadKind::Incremental => "That was an incremental sync: only what changed was read.",
    };
    let GraphCost { requests, writes } = summary.graph;
    format!("{read} It took {requests} requests to Graph, with {writes} writes in them.")
}

const OWN_TENANT: &str = "\
To do the same with your own tenant:

  1. In Entra ID, register an app, give it the application permissions GroupMember.ReadWrite.All and User.Read.All
     of Microsoft Graph (and Group.Create, if it is to create groups), grant admin consent, and make a client secret.
  2. Write its settings into a file .env:
       AZURE_TENANT_ID=…
       AZURE_CLIENT_ID=…
       AZURE_CLIENT_SECRET=…
  3. listsync doctor                                    tells what is missing
  4. listsync lists create News
     listsync import people.csv --list News --mode incremental
     listsync link News --group GROUP                   an object id or a unique name
     listsync plan News                                 changes nothing
     listsync sync News
  5. listsync serve                                     keeps them in step from then on";
