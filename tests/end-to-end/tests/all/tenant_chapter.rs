use std::{path::Path, process::Stdio, time::Duration};

use listsync_end_to_end::{World, binary, ended};
use listsync_graph_emulator::{Emulator, Federated};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
    time::timeout,
};

const README: &str = include_str!("../../../../README.md");

/// The lines of the code blocks below a heading of the README.
fn blocks(heading: &str) -> Vec<&'static str> {
    let chapter = README.split(heading).nth(1).and_then(|rest| rest.split("\n## ").next());
    chapter.expect("the heading is there").lines().filter_map(|line| line.strip_prefix("    ")).collect()
}

/// A line as a person types it into a shell, where both programs are on the path.
fn shell(world: &World, line: &str) -> Command {
    let folder = |program| binary(program).parent().map(Path::to_path_buf).expect("binaries are in a folder");
    let binaries = ["listsync", "listsync-graph-emulator"].map(folder).into_iter();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths(binaries.chain(std::env::split_paths(&path)));
    let mut command = Command::new("sh");
    command.args(["-c", line]).current_dir(world.folder()).env_clear();
    command.env("PATH", path.expect("a path")).stdin(Stdio::null());
    command
}

/// Starts the emulator as the README types it, but on a free port, and waits until it says what to export.
async fn emulator(world: &World, line: &str) -> Child {
    let mut command = shell(world, &format!("exec {line} --port 0"));
    let mut child = command.stdout(Stdio::piped()).kill_on_drop(true).spawn().expect("the emulator starts");
    let stdout = child.stdout.take().expect("its output");
    let announced = async {
        let mut lines = BufReader::new(stdout).lines();
        while let Some(line) = lines.next_line().await.expect("a line") {
            if line.starts_with("# Ctrl-C") {
                return lines;
            }
        }
        panic!("the emulator ended");
    };
    let lines = timeout(Duration::from_secs(60), announced).await.expect("it announces itself");
    // Reading goes on, so that the emulator never waits for a full pipe.
    tokio::spawn(async move {
        let mut lines = lines;
        while let Ok(Some(_)) = lines.next_line().await {}
    });
    child
}

#[tokio::test(flavor = "multi_thread")]
async fn the_eight_commands_of_the_readme_work_as_typed_and_print_what_it_shows() {
    let world = World::without_settings().await;
    let typed = blocks("## A first link in eight commands");
    assert_eq!(typed.len(), 8, "{typed:#?}");
    let [start, settings, commands @ ..] = typed.as_slice() else { panic!("there are commands") };
    let _emulator = emulator(&world, start).await;
    let mut printed = String::new();
    for line in commands {
        // The shell that took the settings is the one that all further lines are typed into.
        let done = ended(shell(&world, &format!("{settings}\n{line}"))).await;
        let code = if line.starts_with("listsync plan") { 2 } else { 0 };
        printed += &done.exits(code).stdout;
    }
    let shown = blocks("# listsync");
    let shown = shown.iter().take_while(|line| !line.starts_with("cargo ")).filter(|line| {
        let is_typed = line.strip_prefix("$ ").is_some_and(|line| commands.contains(&line));
        !is_typed && **line != "…" && !line.trim().is_empty()
    });
    let missing: Vec<&&str> = shown.filter(|line| !printed.contains(**line)).collect();
    assert!(missing.is_empty(), "the README shows {missing:#?}; it is\n{printed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_first_link_timer_worker_and_doctor_go_on_with_it() {
    let world = World::without_settings().await;
    let _emulator =
        emulator(&world, "listsync-graph-emulator --people 300 --ca-out ca.pem --env-out .env").await;
    let doctor = world.listsync(&["doctor"]).await.exits(0);
    assert!(doctor.stdout.contains("User.Read.All is granted"), "{}", doctor.stdout);

    world.listsync(&["lists", "create", "News"]).await.exits(0);
    let people = listsync_graph_emulator::sample::people(300, 1);
    let rows: String =
        people.iter().take(30).map(|one| format!("{},{}\n", one.address, one.name())).collect();
    world.write("people.csv", format!("email,name\n{rows}"));
    world.listsync(&["import", "people.csv", "--list", "News", "--mode", "incremental"]).await.exits(0);
    world.listsync(&["link", "News", "--new-group", "News readers"]).await.exits(0);
    let plan = world.listsync(&["plan", "News"]).await.exits(2);
    assert_eq!(plan.stdout.matches("+ group").count(), 30, "{}", plan.stdout);
    let first = world.listsync(&["sync", "News", "--json"]).await.exits(0).json();
    assert_eq!((&first["group"]["added"], &first["outcome"]), (&30.into(), &"converged".into()), "{first}");
    world.listsync(&["plan", "News"]).await.exits(0);
    world.listsync(&["tick"]).await.exits(0);
    world.listsync(&["work", "--until-empty"]).await.exits(0);

    let runs = world.json(&["runs", "ls", "News"]).await;
    let run = runs[0]["run"].as_str().expect("a run").to_owned();
    let mut shown = world.json(&["runs", "show", &run]).await;
    let unsettled = shown.as_object_mut().and_then(|run| run.remove("unsettled"));
    assert_eq!(unsettled, Some(json!([])), "one run tells besides who is out of step");
    assert_eq!(shown, runs[0]);
    let doctor = world.json(&["doctor"]).await;
    let links = doctor["checks"].as_array().expect("checks").iter().filter(|check| check["name"] == "link");
    let states: Vec<&Value> = links.map(|check| &check["state"]).collect();
    assert_eq!(states, ["ok"], "{doctor}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_federated_token_file_is_as_good_as_a_secret_but_not_beside_one() {
    let mut world = World::of(60).await;
    world
        .tenant()
        .update_app(|app| app.federated.push(Federated::Token("a token of my own issuer".to_owned())));
    world.write("token", "a token of my own issuer\n");
    world.set("AZURE_FEDERATED_TOKEN_FILE", "token");
    let two = world.listsync(&["doctor"]).await.exits(1).stdout;
    assert!(two.contains("AZURE_CLIENT_SECRET") && two.contains("AZURE_FEDERATED_TOKEN_FILE"), "{two}");
    world.unset("AZURE_CLIENT_SECRET");
    world.listsync(&["doctor"]).await.exits(0);
    let group = world.linked("News", &[0, 1]).await;
    world.listsync(&["sync", "News"]).await.exits(0);
    assert_eq!(world.members(group), world.ids(&[0, 1]));
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_token_may_read_them_the_tenants_domains_become_the_internal_ones() {
    let roles = ["GroupMember.ReadWrite.All", "User.Read.All", "Group.Create", "Organization.Read.All"];
    let world = World::with(Emulator::builder().roles(roles), 60).await;
    world.linked("News", &[0]).await;
    let domains = world.json(&["settings", "get", "internal-domains"]).await;
    let domains = domains["internal-domains"].as_array().expect("an array").clone();
    assert!(domains.contains(&"contoso.example".into()), "{domains:?}");
}
