//! What a file in the current folder may say, and what a name may do to a terminal.

use listsync_end_to_end::World;
use std::{fs, os::unix::fs::PermissionsExt as _};

fn with_mode(world: &World, name: &str, mode: u32) {
    fs::set_permissions(world.path(name), fs::Permissions::from_mode(mode)).expect("its mode is set");
}

#[tokio::test]
async fn a_file_that_leads_the_credential_of_the_process_elsewhere_is_refused() {
    let world = World::of(3).await;
    for line in [
        "AZURE_AUTHORITY_HOST=https://foreign.example",
        "LISTSYNC_STORE=sqlite:elsewhere.db",
        "HTTPS_PROXY=http://foreign.example",
    ] {
        let name = line.split('=').next().unwrap_or_default();
        world.write(".env", line);
        with_mode(&world, ".env", 0o600);
        let mut command = world.command(&["lists", "ls", "--json"]);
        command.env_remove(name);
        let refused = listsync_end_to_end::ended(command).await.exits(1);
        let (code, text) = refused.error();
        assert_eq!(code, "setting");
        assert!(text.contains(name), "{text}");
        assert!(text.contains("AZURE_CLIENT_SECRET"), "{text}");
        assert!(!world.path("elsewhere.db").exists());
    }
}

#[tokio::test]
async fn a_file_that_others_may_write_is_refused_and_one_that_they_may_read_is_warned_of() {
    let world = World::of(3).await;
    world.write(".env", "LISTSYNC_LOG=warn\n");
    with_mode(&world, ".env", 0o666);
    let (_, text) = world.listsync(&["lists", "ls", "--json"]).await.exits(1).error();
    assert!(text.contains(".env") && text.contains("666"), "{text}");
    with_mode(&world, ".env", 0o640);
    let done = world.listsync(&["doctor", "--json"]).await.exits(0);
    assert!(done.stderr.contains(".env"), "that it was read is said: {}", done.stderr);
    let checks = done.json()["checks"].to_string();
    assert!(checks.contains("can be read by others (mode 640)"), "{checks}");
    with_mode(&world, ".env", 0o600);
    let checks = world.listsync(&["doctor", "--json"]).await.exits(0).json()["checks"].to_string();
    assert!(!checks.contains("can be read by others"), "{checks}");
}

#[tokio::test]
async fn a_word_that_protects_nobody_is_refused_and_an_id_of_nobody_is_warned_of() {
    let world = World::of(3).await;
    world.listsync(&["lists", "create", "News"]).await.exits(0);
    for word in ["owner", "ceo", "John.Doe", "2f4d0c1e-0000-4000-8000-00000000000g"] {
        let (_, text) =
            world.listsync(&["settings", "set", "protected", word, "--json"]).await.exits(1).error();
        assert!(text.contains("did you mean owners?"), "{text}");
        let args = ["link", "News", "--new-group", "News", "--protect", word, "--json"];
        let (_, text) = world.listsync(&args).await.exits(1).error();
        assert!(text.contains("did you mean owners?"), "{text}");
    }
    let nobody = "2f4d0c1e-ffff-4fff-8fff-00000000000f";
    let set = world.listsync(&["settings", "set", "protected", &format!("owners,{nobody}")]).await.exits(0);
    assert!(set.stderr.contains(nobody), "{}", set.stderr);
    let quiet = world.listsync(&["settings", "set", "protected", "owners"]).await.exits(0);
    assert!(!quiet.stderr.contains("answers"), "{}", quiet.stderr);
}

#[tokio::test]
async fn a_name_of_any_length_and_with_any_character_is_shown_and_acts_on_nothing() {
    let world = World::of(3).await;
    world.listsync(&["lists", "create", "News"]).await.exits(0);
    let foreign = "Ann\u{1b}]0;x\u{7}\u{202e}bob";
    let long = "n".repeat(70_000);
    let file = format!(
        "email,name,note\na@contoso.com,{foreign},x\nb@contoso.com,{long},y\nc@contoso.com,C,{long}\n"
    );
    world.write("people.csv", file);
    let import = ["import", "people.csv", "--list", "News", "--mode", "incremental", "--json"];
    let imported = world.listsync(&import).await.exits(3).json();
    assert_eq!(imported["rejected"], 2, "{imported}");
    assert!(imported["problems"].to_string().contains("at most"), "row by row: {imported}");
    for args in [
        &["lists", "members", "News"][..],
        &["lists", "members", "News", "--json"],
        &["contacts", "ls", "--json"],
    ] {
        let shown = world.listsync(args).await.exits(0).stdout;
        assert!(!shown.contains(['\u{1b}', '\u{202e}', '\u{7}']), "{shown:?}");
    }
    let listed = world.listsync(&["contacts", "ls"]).await.exits(0).stdout;
    assert!(listed.contains("\\u{1b}") && listed.contains("\\u{202e}"), "made visible: {listed}");
}

#[tokio::test]
async fn lists_that_look_alike_are_one() {
    let world = World::of(3).await;
    world.listsync(&["lists", "create", "Caf\u{e9}"]).await.exits(0);
    for other in ["Cafe\u{301}", "Ca\u{200b}f\u{e9}", "CAF\u{c9}"] {
        let (code, _) = world.listsync(&["lists", "create", other, "--json"]).await.exits(1).error();
        assert_eq!(code, "list_exists", "{other:?}");
        let shown = world.listsync(&["lists", "show", other, "--json"]).await.exits(0).json();
        assert_eq!(shown["name"], "Caf\u{e9}");
    }
}
