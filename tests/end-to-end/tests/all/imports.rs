use listsync_end_to_end::World;
use serde_json::json;

const FILE: &str = "\
Employee #,Work Email,Display Name,Status,Termination Date
1,anna@contoso.example,Anna,Active,
2,ben@contoso.example,Ben,Terminated,2026-03-15
3,cleo@contoso.example,Cleo,Active,
4,bad,Dan,Active,
";

async fn with_ben() -> World {
    let world = World::without_settings().await;
    world.listsync(&["lists", "create", "Staff"]).await.exits(0);
    world.listsync(&["lists", "add", "Staff", "ben@contoso.example", "--name", "Ben"]).await.exits(0);
    world.listsync(&["lists", "add", "Staff", "cleo@contoso.example"]).await.exits(0);
    world.write("hr.csv", FILE);
    world
}

const IMPORT: [&str; 8] =
    ["import", "hr.csv", "--list", "Staff", "--mode", "incremental", "--profile", "bamboohr"];

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_names_who_would_join_and_leave_and_changes_nothing() {
    let world = with_ben().await;
    let dry = [&IMPORT[..], &["--dry-run"]].concat();
    let before = world.json(&["lists", "members", "Staff"]).await;
    let document = world.listsync(&[&dry[..], &["--json"]].concat()).await.exits(3).json();
    assert_eq!(document["joins"], json!([{"row": 2, "address": "anna@contoso.example", "name": "Anna"}]));
    assert_eq!(document["leaves"], json!([{"row": 3, "address": "ben@contoso.example", "name": "Ben"}]));
    let counts = ["rows", "already", "opted_out", "held", "kept_back"].map(|count| &document[count]);
    assert_eq!(counts, [4, 1, 0, 0, 0]);
    assert_eq!((&document["problems"][0]["row"], &document["problems"][1]), (&5.into(), &json!(null)));
    assert_eq!(document["report"]["columns"][0]["title"], "Work Email", "{document}");
    let text = world.listsync(&dry).await.exits(3).stdout;
    for told in [
        "1 would join, 1 would leave, 1 are on it already",
        "joins: anna@contoso.example Anna\n",
        "leaves: ben@contoso.example Ben\n",
        "column 'Status': status\n",
        "status 'Terminated': terminated, in 1 rows\n",
        "row 5: ",
    ] {
        assert!(text.contains(told), "{told}: {text}");
    }
    assert_eq!(world.json(&["lists", "members", "Staff"]).await, before);
    assert_eq!(world.json(&["imports", "ls"]).await, json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_keeps_no_status_word_and_says_that_removals_would_be_held() {
    let world = with_ben().await;
    world.write("hr.csv", "Work Email,Status\ncleo@contoso.example,Vanished\n");
    let full = ["import", "hr.csv", "--list", "Staff", "--mode", "full", "--profile", "bamboohr"];
    let with_word = [&full[..], &["--status-word", "Vanished=active", "--dry-run", "--json"]].concat();
    assert_eq!(world.listsync(&with_word).await.exits(4).json()["held"], 1);
    let without = [&full[..], &["--json"]].concat();
    assert_eq!(world.listsync(&without).await.exits(4).json()["problems"][0]["code"], "unknown_status");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_is_shown_with_how_its_file_was_understood() {
    let world = with_ben().await;
    let import = world.json(&IMPORT).await;
    let id = import["id"].as_str().expect("an id");
    let shown = world.json(&["imports", "show", id]).await;
    assert_eq!(
        (&shown["id"], &shown["added"], &shown["report"]),
        (&import["id"], &1.into(), &import["report"])
    );
    let text = world.listsync(&["imports", "show", id]).await.exits(0).stdout;
    for told in [
        "hr.csv into 'Staff': 4 rows",
        "1 added",
        "column 'Work Email': email\n",
        "status 'Active': active, in 3 rows\n",
        "row 3: the last day is 2026-03-15\n",
    ] {
        assert!(text.contains(told), "{told}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_an_import_holds_is_shown_and_dropped_by_a_person() {
    let world = World::without_settings().await;
    world.listsync(&["lists", "create", "Staff"]).await.exits(0);
    let rows = |people: std::ops::Range<usize>| {
        people.map(|n| format!("p{n:02}@contoso.example,Person {n}\n")).collect::<String>()
    };
    world.write("all.csv", format!("email,name\n{}", rows(0..30)));
    world.write("few.csv", format!("email,name\n{}", rows(0..5)));
    world.listsync(&["import", "all.csv", "--list", "Staff", "--mode", "full"]).await.exits(0);
    let told =
        world.listsync(&["import", "few.csv", "--list", "Staff", "--mode", "full"]).await.exits(4).stdout;
    let import = world.json(&["imports", "ls"]).await[0].clone();
    let id = import["id"].as_str().expect("an id");
    for verb in ["show", "approve", "discard"] {
        assert!(told.contains(&format!("listsync imports {verb} {id}")), "{told}");
    }
    assert!(world.listsync(&["imports", "ls"]).await.exits(0).stdout.contains("holds +0 -25"));
    let doctor = world.listsync(&["doctor"]).await.exits(1).stdout;
    assert!(doctor.contains(&format!("waits for approval: import {id} into 'Staff'")), "{doctor}");

    let shown = world.listsync(&["imports", "show", id]).await.exits(0).stdout;
    assert_eq!(shown.matches("would leave: p").count(), 20, "{shown}");
    assert!(shown.contains("would leave: p05@contoso.example Person 5\n"), "{shown}");
    assert!(shown.contains("would leave: 5 more, see them all with --csv\n"), "{shown}");
    let table = world.listsync(&["imports", "show", id, "--csv"]).await.exits(0).stdout;
    assert_eq!(table.lines().count(), 26, "{table}");
    assert!(table.contains(r#""leave","p29@contoso.example","Person 29","""#), "{table}");
    let document = world.json(&["imports", "show", id]).await;
    assert_eq!(document["leaves"].as_array().map(Vec::len), Some(25), "{document}");

    let dropped = world.json(&["imports", "discard", id]).await;
    assert_eq!((&dropped["state"], &dropped["discarded"]), (&"discarded".into(), &25.into()));
    assert_eq!(world.listed("Staff", "member").await.len(), 30);
    assert_eq!(world.listsync(&["imports", "approve", id, "--json"]).await.exits(1).error().0, "not_held");
    assert_eq!(
        world.listsync(&["imports", "discard", "none", "--json"]).await.exits(1).error().0,
        "no_such_import"
    );
    let shown = world.listsync(&["imports", "show", id]).await.exits(0).stdout;
    assert!(shown.contains("25 held changes were dropped"), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_removed_is_never_said_to_be_nobody() {
    let world = with_ben().await;
    // Ben's row says that he has left, and another tells of nobody at all.
    world.write("hr.csv", FILE.replace("4,bad,Dan,Active,", ",,,Active,"));
    let full = ["import", "hr.csv", "--list", "Staff", "--mode", "full", "--profile", "bamboohr"];
    let text = world.listsync(&full).await.stdout;
    assert!(text.contains("1 removed") && !text.contains("Nobody was removed"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn opt_outs_of_another_tool_hold_against_a_later_import() {
    let world = with_ben().await;
    // Who unsubscribed there is no longer at work, or has not begun: they said no all the same.
    let file = "Work Email,Status,Employee #\nBen@contoso.example,Unsubscribed,1\nanna@contoso.example,Pre-hire,1\nbad,,2\n";
    world.write("no.csv", file);
    let bring =
        ["import", "no.csv", "--list", "Staff", "--as", "opt-outs", "--profile", "bamboohr", "--json"];
    let done = world.listsync(&bring).await.exits(3).json();
    assert_eq!(
        (&done["rows"], &done["recorded"], &done["problems"][0]["row"]),
        (&3.into(), &2.into(), &4.into())
    );
    let opted_out = ["anna@contoso.example".to_owned(), "ben@contoso.example".to_owned()].into();
    assert_eq!(world.listed("Staff", "opted_out").await, opted_out);

    world.write("hr.csv", FILE.replace("Terminated,2026-03-15", "Active,"));
    let import = world.json(&IMPORT).await;
    assert_eq!((&import["added"], &import["opted_out"]), (&0.into(), &2.into()), "{import}");
    assert_eq!(world.listed("Staff", "opted_out").await, opted_out);
    assert_eq!(world.listed("Staff", "member").await, ["cleo@contoso.example".to_owned()].into());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mandatory_list_takes_no_opt_outs_from_a_file() {
    let world = World::without_settings().await;
    world.listsync(&["lists", "create", "Staff", "--opt-out", "not-allowed"]).await.exits(0);
    world.write("no.csv", "email\nanna@contoso.example\n");
    let bring = ["import", "no.csv", "--list", "Staff", "--as", "opt-outs", "--json"];
    assert_eq!(world.listsync(&bring).await.exits(1).error().0, "opt_out_not_allowed");
    assert_eq!(world.json(&["contacts", "ls"]).await, json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_status_word_is_kept_with_the_list_for_the_files_to_come() {
    let world = with_ben().await;
    let file = |name: &str| {
        format!("Employee #,Work Email,Display Name,Status\n3,cleo@contoso.example,{name},Vanished\n")
    };
    let import = ["import", "hr.csv", "--list", "Staff", "--mode", "incremental", "--profile", "bamboohr"];
    world.write("hr.csv", file("Cleo"));
    let refused = world.listsync(&[&import[..], &["--json"]].concat()).await.exits(3).json();
    assert_eq!(refused["problems"][0]["code"], "unknown_status");
    let with_word = [&import[..], &["--status-word", "Vanished=terminated", "--json"]].concat();
    assert_eq!(world.listsync(&with_word).await.exits(0).json()["removed"], 1);
    let shown = world.listsync(&["lists", "show", "Staff"]).await.exits(0).stdout;
    assert!(shown.contains("the status 'Vanished' of its files means terminated\n"), "{shown}");
    let list = world.json(&["lists", "show", "Staff"]).await;
    assert_eq!(list["status_words"], json!({"Vanished": "terminated"}));

    world.listsync(&["lists", "add", "Staff", "cleo@contoso.example"]).await.exits(0);
    world.write("hr.csv", file("Cleo Lee"));
    let later = world.listsync(&[&import[..], &["--json"]].concat()).await.exits(0).json();
    assert_eq!((&later["removed"], &later["problems"]), (&1.into(), &json!([])), "{later}");
    // It is this list's word, and no other's.
    world.listsync(&["lists", "create", "Others"]).await.exits(0);
    let others =
        ["import", "hr.csv", "--list", "Others", "--mode", "full", "--profile", "bamboohr", "--json"];
    assert_eq!(world.listsync(&others).await.exits(3).json()["problems"][0]["code"], "unknown_status");
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn rows_that_were_not_taken_are_for_their_owners_eyes() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = with_ben().await;
    world.listsync(&[&IMPORT[..], &["--rejects", "rejects.csv"]].concat()).await.exits(3);
    let mode = std::fs::metadata(world.path("rejects.csv")).expect("rejects").permissions().mode();
    assert_eq!(mode & 0o077, 0, "{mode:o}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_with_opt_outs_goes_by_a_word_alone_and_they_hold_for_the_next_of_its_name() {
    let world = with_ben().await;
    world.listsync(&["unsubscribe", "Staff", "ben@contoso.example"]).await.exits(0);
    let (code, message) = world.listsync(&["lists", "delete", "Staff", "--json"]).await.exits(1).error();
    assert_eq!(code, "unconfirmed");
    assert!(message.contains("1 member and 1 opt-out"), "{message}");
    let gone = world.json(&["lists", "delete", "Staff", "--yes"]).await;
    assert_eq!((&gone["members"], &gone["opt_outs"]), (&json!(1), &json!(1)));
    world.listsync(&["lists", "create", "Staff"]).await.exits(0);
    let refused = world.listsync(&["lists", "add", "Staff", "ben@contoso.example", "--json"]).await;
    assert_eq!(refused.exits(1).error().0, "opted_out");
    world.listsync(&["lists", "delete", "Staff", "--yes"]).await.exits(0);
    world.listsync(&["lists", "create", "Plain"]).await.exits(0);
    world.listsync(&["lists", "delete", "Plain"]).await.exits(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exported_list_can_be_imported_again_with_all_that_is_known_and_without_who_said_no() {
    let world = World::of(3).await;
    for list in ["News", "Copy"] {
        world.listsync(&["lists", "create", list]).await.exits(0);
    }
    world.write(
        "people.csv",
        "email,name,No,department\nanna@contoso.example,Anna Meier,e1,Sales\n\
         +ben@contoso.example,=Ben,e2,\ncleo@contoso.example,Cleo,,\"Care, home\"\n",
    );
    let keyed =
        ["import", "people.csv", "--list", "News", "--mode", "incremental", "--map", "external_id=No"];
    world.listsync(&keyed).await.exits(0);
    world.listsync(&["unsubscribe", "News", "cleo@contoso.example"]).await.exits(0);
    let table = world.listsync(&["lists", "export", "News", "--csv"]).await.exits(0).stdout;
    assert_eq!(
        table,
        "email,name,external_id,department\n'+ben@contoso.example,'=Ben,e2,\nanna@contoso.example,Anna Meier,e1,Sales\n"
    );
    world.write("copy.csv", &table);
    for list in ["News", "Copy"] {
        let again = ["import", "copy.csv", "--list", list, "--mode", "full"];
        world.listsync(&again).await.exits(0);
    }
    assert_eq!(world.listsync(&["lists", "export", "News"]).await.exits(0).stdout, table, "it is the same");
    assert_eq!(world.listsync(&["lists", "export", "Copy"]).await.exits(0).stdout, table);
}
