use std::{fs, path::Path};

use listsync_end_to_end::{Done, World};
use serde_json::Value;

/// A list with three members, and no tenant at all.
async fn listed() -> World {
    let world = World::without_settings().await;
    world.listsync(&["lists", "create", "News"]).await.exits(0);
    world.write("three.csv", "email\na@contoso.example\nb@contoso.example\nc@contoso.example\n");
    world.listsync(&["import", "three.csv", "--list", "News", "--mode", "full"]).await.exits(0);
    world
}

async fn import(world: &World, bytes: &[u8], mode: &str) -> Done {
    world.write("file.csv", bytes);
    world.listsync(&["import", "file.csv", "--list", "News", "--mode", mode, "--json"]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_no_list_of_contacts_is_refused_with_what_is_wrong_and_changes_nothing() {
    let world = listed().await;
    for (bytes, named) in [
        (&b""[..], "empty"),
        (b"name,phone\nAnna,1\n", "--map email="),
        (b"anna@contoso.example,Anna\n", "header"),
        (b"PK\x03\x04\x14\x00\x06\x00\x08\x00\x00\x00", "CSV"),
        (b"e\xefmail;\xfcber\nx@contoso.example;y\n", "UTF-8"),
    ] {
        let done = import(&world, bytes, "full").await.exits(1);
        let (_, message) = done.error();
        assert!(message.contains(named) && message.contains("file.csv"), "{named}: {message}");
        assert_eq!(world.listed("News", "member").await.len(), 3);
    }
    let missing = ["import", "nowhere.csv", "--list", "News", "--mode", "full", "--json"];
    assert!(world.listsync(&missing).await.exits(1).error().1.contains("nowhere.csv"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_row_is_named_by_its_number_stops_no_good_one_and_then_nobody_leaves() {
    let world = listed().await;
    let file = b"email,name\nd@contoso.example,Dee\nnot-an-address,Eve\n,Nobody\nf@contoso.example,F\xe9\ne@contoso.example\n";
    let done = import(&world, file, "full").await.exits(3).json();
    assert_eq!(
        (&done["added"], &done["rejected"], &done["removed"]),
        (&2.into(), &3.into(), &0.into()),
        "{done}"
    );
    assert_eq!(done["state"], "removals_skipped");
    let problems = done["problems"].as_array().expect("problems");
    let rows: Vec<u64> = problems.iter().filter_map(|problem| problem["row"].as_u64()).collect();
    assert_eq!(rows, [3, 4, 5], "{done}");
    let codes: Vec<&str> = problems.iter().filter_map(|problem| problem["code"].as_str()).collect();
    assert_eq!(codes, ["bad_address", "no_address", "not_utf8"]);
    assert_eq!(world.listed("News", "member").await.len(), 5, "a short row is a good one");
    let text =
        world.listsync(&["import", "file.csv", "--list", "News", "--mode", "incremental"]).await.exits(3);
    assert!(text.stdout.contains("row 3"), "{}", text.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_byte_order_mark_windows_line_ends_semicolons_and_repeats_do_no_harm() {
    let world = listed().await;
    let file = b"\xef\xbb\xbfE-Mail;Name\r\nD@Contoso.example;Dee\r\nd@contoso.example;Dee again\r\n\"e@contoso.example\";\"E, e\"\r\n";
    let done = import(&world, file, "incremental").await.exits(0).json();
    assert_eq!((&done["added"], &done["repeated"]), (&2.into(), &1.into()), "{done}");
    let members = world.json(&["lists", "members", "News"]).await;
    let entry = |address: &str| {
        let mut entries = members.as_array().expect("an array").iter();
        entries.find(|entry| entry["address"] == address).cloned().unwrap_or(Value::Null)
    };
    assert_eq!(entry("e@contoso.example")["name"], "E, e");
    assert_eq!(entry("d@contoso.example")["origin"], "csv");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_column_of_another_name_is_mapped_by_hand() {
    let world = listed().await;
    world.write("hr.csv", "Kontakt,Wer\nd@contoso.example,Dee\n");
    let map = "email=Kontakt,name=Wer";
    let args = ["import", "hr.csv", "--list", "News", "--mode", "incremental", "--map", map, "--json"];
    assert_eq!(world.listsync(&args).await.exits(0).json()["added"], 1);
    let wrong =
        ["import", "hr.csv", "--list", "News", "--mode", "incremental", "--map", "email=Mail", "--json"];
    assert!(world.listsync(&wrong).await.exits(1).error().1.contains("Kontakt"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_none_is_refused() {
    let world = listed().await;
    for verb in ["subscribe", "unsubscribe"] {
        let refused = world.listsync(&[verb, "News", "Anna <anna@contoso.example>", "--json"]).await.exits(1);
        assert_eq!(refused.error().0, "address");
    }
}

/// The version of a store is a big-endian number at byte 60 (SQLite file format, `user_version`).
fn raise_version(path: &Path) -> Vec<u8> {
    let mut bytes = fs::read(path).expect("a store");
    bytes[60..64].copy_from_slice(&9_999_u32.to_be_bytes());
    fs::write(path, &bytes).expect("it is written");
    bytes
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_of_a_newer_version_and_a_file_that_is_none_are_left_as_they_are() {
    let mut world = listed().await;
    let path = world.path("listsync.db");
    let bytes = raise_version(&path);
    let (code, message) = world.listsync(&["lists", "ls", "--json"]).await.exits(1).error();
    assert_eq!(code, "store_newer");
    assert!(message.contains("listsync.db") && message.contains("update listsync"), "{message}");
    assert_eq!(fs::read(&path).expect("a store"), bytes, "it was not touched");

    world.write("notes.txt", "these are my notes, and there are more than sixteen bytes of them\n");
    world.set("LISTSYNC_STORE", "sqlite:notes.txt");
    let (_, message) = world.listsync(&["lists", "ls", "--json"]).await.exits(1).error();
    assert!(message.contains("notes.txt"), "{message}");
    world.set("LISTSYNC_STORE", "sqlite:no/such/folder/x.db");
    let (_, message) = world.listsync(&["lists", "ls", "--json"]).await.exits(1).error();
    assert!(message.contains("LISTSYNC_STORE"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_setting_that_makes_no_sense_is_named() {
    let mut world = listed().await;
    for (name, value) in
        [("LISTSYNC_STORE", "somewhere"), ("LISTSYNC_QUEUE", "somewhere"), ("LISTSYNC_VISIBILITY", "soon")]
    {
        world.set(name, value);
        let (_, message) = world.listsync(&["lists", "ls", "--json"]).await.exits(1).error();
        assert!(message.contains(name), "{message}");
        world.unset(name);
    }
    for args in [
        ["settings", "set", "every", "often"],
        ["settings", "set", "max-removals", "150%"],
        ["settings", "set", "protected", "a b"],
    ] {
        let done = world.listsync(&args).await.exits(1);
        assert!(done.stderr.contains(args[2]), "{}", done.stderr);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_are_read_from_a_file_and_the_environment_wins() {
    let mut world = listed().await;
    world.write(".env", "LISTSYNC_STORE=sqlite:other.db\n");
    world.listsync(&["lists", "create", "Other"]).await.exits(0);
    assert_eq!(world.json(&["lists", "ls"]).await[0]["name"], "Other", "another store");
    assert!(world.path("other.db").is_file());
    world.set("LISTSYNC_STORE", "sqlite:listsync.db");
    let lists = world.json(&["lists", "ls"]).await;
    assert_eq!(lists.as_array().map(Vec::len), Some(1));
    assert_ne!(lists[0]["name"], "Other");
    world.write(".env", "this is no setting\n");
    let (_, message) = world.listsync(&["lists", "ls", "--json"]).await.exits(1).error();
    assert!(message.contains(".env"), "{message}");
}
