//! Files over the API.

use serde_json::json;

use crate::{
    documents::judge,
    stage::{Stage, options},
};

const LIST: &str = "/v1/lists/News/imports";
const PATH: &str = "/v1/lists/News/imports?mode=incremental";

async fn stage() -> Stage {
    let stage = Stage::new(options()).await;
    stage.operate("POST", "/v1/lists").json(json!({"name": "News"})).expect(201).await;
    stage
}

#[tokio::test]
async fn a_file_is_taken_in_and_its_unreadable_rows_are_told() {
    let stage = stage().await;
    let file = "email,name\nanna@contoso.example,Anna\nnot an address,X\n";
    let answer = stage.operate("POST", PATH).body("text/csv", file).send().await;
    assert_eq!(answer.status, 201);
    let import = answer.document();
    assert_eq!((import["added"].as_u64(), import["rejected"].as_u64()), (Some(1), Some(1)));
    assert_eq!(import["problems"][0]["row"], 3);
    let kept = stage.operate("GET", answer.header("location")).expect(200).await;
    assert_eq!(kept["id"], import["id"]);
    for path in ["/v1/imports", "/v1/lists/News/imports"] {
        assert_eq!(stage.operate("GET", path).expect(200).await["items"][0]["id"], import["id"]);
    }
}

#[tokio::test]
async fn the_rows_that_were_not_taken_in_come_as_a_file_where_one_is_asked_for() {
    let stage = stage().await;
    let ask = stage.operate("POST", PATH).header("accept", "text/csv").body("text/csv", "email\n=1+1\n");
    let answer = ask.send().await;
    assert_eq!(answer.status, 201);
    let text = String::from_utf8(answer.body.clone()).unwrap();
    assert!(answer.header("content-type").starts_with("text/csv") && text.contains("'=1+1"), "{text}");
}

#[tokio::test]
async fn a_file_that_comes_again_changes_nothing_unless_it_is_to() {
    let stage = stage().await;
    let send = |query: &str| {
        let ask = stage.operate("POST", &format!("{PATH}{query}"));
        ask.body("text/csv; charset=utf-8", "email\nanna@contoso.example\n")
    };
    let first = send("").expect(201).await;
    let again = send("").expect(200).await;
    assert_eq!((again["state"].as_str(), &again["id"]), (Some("repeated"), &first["id"]));
    assert_eq!(send("&again=take_in").expect(201).await["unchanged"], 1);
    assert_eq!(send("&profile=unknown").refused(400).await.1.as_deref(), Some("profile"));
}

#[tokio::test]
async fn a_file_is_read_by_its_profile() {
    let stage = stage().await;
    let file = "Employee #,Work Email,Status\n7,anna@contoso.example,Active\n";
    let path = format!("{PATH}&profile=bamboohr&file=export.csv");
    let import = stage.operate("POST", &path).body("text/csv", file).expect(201).await;
    assert_eq!((import["profile"].as_str(), import["file"].as_str()), (Some("bamboohr"), Some("export.csv")));
    let contact = stage.operate("GET", "/v1/contacts/anna@contoso.example").expect(200).await;
    assert_eq!(contact["external_id"], "7");
}

#[tokio::test]
async fn what_is_no_file_of_contacts_changes_nothing() {
    let stage = stage().await;
    for (kind, body, status) in [
        ("text/csv", "", 422),
        ("text/csv", "a,b\n1,2\n", 422),
        ("text/csv", "PK\u{3}\u{4}", 422),
        ("application/json", "{}", 415),
    ] {
        stage.operate("POST", PATH).body(kind, body).refused(status).await;
    }
    stage.operate("POST", "/v1/lists/News/imports").body("text/csv", "email\n").refused(400).await;
    stage.operate("POST", "/v1/lists/None/imports?mode=full").body("text/csv", "email\n").refused(404).await;
    assert_eq!(stage.operate("GET", "/v1/imports").expect(200).await["items"], json!([]));
}

#[tokio::test]
async fn a_file_that_is_too_large_is_refused() {
    let mut options = options();
    options.limits.import = 1_000;
    let stage = Stage::new(options).await;
    stage.operate("POST", "/v1/lists").json(json!({"name": "News"})).expect(201).await;
    stage.operate("POST", PATH).body("text/csv", "email\n".repeat(200)).refused(413).await;
}

#[tokio::test]
async fn held_removals_are_done_once_a_person_approves() {
    let stage = stage().await;
    let names: String = (0..10).map(|number| format!("p{number}@contoso.example\n")).collect();
    stage.operate("POST", PATH).body("text/csv", format!("email\n{names}")).expect(201).await;
    let full = "/v1/lists/News/imports?mode=full";
    let held = stage.operate("POST", full).body("text/csv", "email\np1@contoso.example\n").expect(201).await;
    assert_eq!((held["state"].as_str(), held["held"].as_u64()), (Some("held"), Some(9)));
    let path = format!("/v1/imports/{}/approve", held["id"].as_str().unwrap());
    stage.operate("POST", &path).refused(403).await;
    assert_eq!(stage.administer("POST", &path).expect(200).await["removed"], 9);
    let left = stage.operate("GET", "/v1/lists/News/members").expect(200).await;
    assert_eq!(left["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn an_import_is_taken_back_as_its_plan_shows() {
    let stage = stage().await;
    let rows = "email,name\nanna@contoso.example,Anna\nben@contoso.example,Ben\n";
    let import = stage.operate("POST", PATH).body("text/csv", rows).expect(201).await;
    let path = format!("/v1/imports/{}/undo", import["id"].as_str().unwrap());
    let plan = stage.operate("GET", &path).expect(200).await;
    assert_eq!(plan["totals"]["leave"], 2, "{plan}");
    assert_eq!(plan["people"].as_array().map(Vec::len), Some(2));
    let anna = plan["people"].as_array().unwrap().iter().find(|one| one["name"] == "Anna").unwrap();
    assert_eq!(anna["back"], json!(["joined", "contact"]));
    let digest = json!({"digest": plan["digest"]});
    stage.operate("POST", &path).json(digest.clone()).refused(403).await;
    let other = stage.administer("POST", &path).json(json!({"digest": "0000"})).refused(409).await;
    assert_eq!(other.0, "plan_changed");
    let done = stage.administer("POST", &path).json(digest.clone()).expect(200).await;
    assert_eq!(
        (&done["state"], &done["undone"]["leave"], &done["meanwhile"]),
        (&json!("undone"), &json!(2), &json!(0))
    );
    assert_eq!(stage.operate("GET", "/v1/lists/News/members").expect(200).await["items"], json!([]));
    let again = stage.administer("POST", &path).json(digest).refused(409).await;
    assert_eq!(again.0, "import_undone");
    assert_eq!(stage.operate("GET", &path).refused(409).await.0, "import_undone");
}

#[tokio::test]
async fn whom_an_import_holds_is_told_by_name_and_can_be_dropped() {
    let stage = stage().await;
    let rows = "email,name\nanna@contoso.example,Anna\nben@contoso.example,Ben\ncleo@contoso.example,Cleo\n";
    stage.operate("POST", PATH).body("text/csv", rows).expect(201).await;
    let full = "/v1/lists/News/imports?mode=full";
    let held = stage.operate("POST", full).body("text/csv", "email\nben@contoso.example\n").expect(201).await;
    let path = format!("/v1/imports/{}", held["id"].as_str().unwrap());
    let shown = stage.operate("GET", &path).expect(200).await;
    let anna = json!({"row": null, "address": "anna@contoso.example", "name": "Anna"});
    let cleo = json!({"row": null, "address": "cleo@contoso.example", "name": "Cleo"});
    assert_eq!((&shown["leaves"], &shown["joins"]), (&json!([anna, cleo]), &json!([])));
    let discard = format!("{path}/discard");
    stage.operate("POST", &discard).refused(403).await;
    let dropped = stage.administer("POST", &discard).expect(200).await;
    assert_eq!((dropped["state"].as_str(), dropped["discarded"].as_u64()), (Some("discarded"), Some(2)));
    assert_eq!(stage.operate("GET", &path).expect(200).await["leaves"], json!([]));
    let left = stage.operate("GET", "/v1/lists/News/members").expect(200).await;
    assert_eq!(left["items"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn more_newcomers_than_a_lists_limit_wait_for_a_word() {
    let stage = stage().await;
    stage.operate("PUT", "/v1/lists/News/members/anna@contoso.example").expect(201).await;
    let patch = |limit: &str| {
        let ask = stage.operate("PATCH", "/v1/lists/News").header("if-match", "*");
        ask.json(json!({"max_additions": limit}))
    };
    assert_eq!(patch("2").expect(200).await["max_additions"], "2");
    patch("many").refused(422).await;
    let names: String = (0..3).map(|number| format!("p{number}@contoso.example\n")).collect();
    let file = format!("email\n{names}");
    let dry = stage.operate("POST", &format!("{PATH}&dry_run=true")).body("text/csv", file.clone());
    assert_eq!(dry.expect(200).await["held_additions"], 3);
    let held = stage.operate("POST", PATH).body("text/csv", file).expect(201).await;
    assert_eq!((held["state"].as_str(), held["held_additions"].as_u64()), (Some("held"), Some(3)));
    let path = format!("/v1/imports/{}", held["id"].as_str().unwrap());
    let shown = stage.operate("GET", &path).expect(200).await;
    assert_eq!(shown["joins"][2], json!({"row": 4, "address": "p2@contoso.example", "name": ""}));
    let done = stage.administer("POST", &format!("{path}/approve")).expect(200).await;
    assert_eq!((done["state"].as_str(), done["added"].as_u64()), (Some("done"), Some(3)));
    assert_eq!(patch("as-settings").expect(200).await["max_additions"], json!(null));
}

#[tokio::test]
async fn what_a_dry_run_says_of_those_who_leave_is_what_the_import_does() {
    let stage = stage().await;
    let post = async |mode: &str, dry: &str, file: &str| {
        let path = format!("{LIST}?mode={mode}{dry}&status_column=status");
        stage
            .operate("POST", &path)
            .body("text/csv", file.to_owned())
            .expect(if dry.is_empty() { 201 } else { 200 })
            .await
    };
    // Of so many p0, p1, ... the first who are gone and the others who are there.
    let file = |gone: std::ops::Range<usize>, there: std::ops::Range<usize>| {
        let row = |word: &'static str| move |number| format!("p{number}@contoso.example,{word}\n");
        let rows: String = gone.map(row("terminated")).chain(there.map(row("active"))).collect();
        format!("email,status\n{rows}")
    };
    post("full", "", &file(0..0, 0..100)).await;
    for (mode, file, leaving, held) in [
        // A wrong column calls everybody gone.
        ("incremental", file(0..100, 0..0), 100, 100),
        // Neither those who are called gone nor those who are not named are too many alone.
        ("full", file(0..16, 16..80), 36, 36),
        ("full", file(0..2, 2..84), 18, 0),
        ("full", file(0..0, 2..81), 3, 3),
        ("incremental", file(2..5, 5..6), 3, 3),
        ("incremental", file(2..4, 4..5), 2, 0),
    ] {
        let dry = post(mode, "&dry_run=true", &file).await;
        let import = post(mode, "", &file).await;
        let told = (dry["leaves"].as_array().unwrap().len() as u64, dry["held"].as_u64());
        assert_eq!(told, (leaving, Some(held)), "{mode} {file}");
        assert_eq!((import["held"].as_u64(), import["removed"].as_u64()), (Some(held), Some(leaving - held)));
    }
}

#[tokio::test]
async fn a_list_says_how_often_its_files_should_come() {
    let stage = stage().await;
    let patch = |time: &str| {
        let ask = stage.operate("PATCH", "/v1/lists/News").header("if-match", "*");
        ask.json(json!({"expect_every": time}))
    };
    assert_eq!(patch("8d").expect(200).await["expect_every"], "8d");
    patch("weekly").refused(422).await;
    assert_eq!(stage.operate("GET", "/v1/lists/News").expect(200).await["expect_every"], "8d");
    assert_eq!(patch("off").expect(200).await["expect_every"], json!(null));
    let new = stage.operate("POST", "/v1/lists").json(json!({"name": "HR", "expect_every": "36h"}));
    assert_eq!(new.expect(201).await["expect_every"], "36h");
}

#[tokio::test]
async fn who_leaves_by_a_key_alone_is_found_by_it() {
    let stage = stage().await;
    let hr = |file: &str| {
        stage.operate("POST", &format!("{PATH}&profile=bamboohr")).body("text/csv", file.to_owned())
    };
    let head = "Employee #,Work Email,Status\n";
    hr(&format!("{head}7,anna@contoso.example,Active\n8,ben@contoso.example,Active\n")).expect(201).await;
    let left = hr(&format!("{head}7,,Terminated\n9,,Terminated\n")).expect(201).await;
    assert_eq!((left["removed"].as_u64(), left["gone_unknown"].as_u64()), (Some(1), Some(1)), "{left}");
}

#[tokio::test]
async fn a_file_comes_in_every_form_in_which_clients_send_one() {
    let stage = stage().await;
    let file = "email,name\nanna@contoso.example,Anna\n";
    for kind in ["text/csv", "text/plain", "application/octet-stream"] {
        let path = format!("{PATH}&again=take_in");
        stage.operate("POST", &path).body(kind, file).expect(201).await;
    }
    let form = format!(
        "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f.csv\"\r\nContent-Type: text/csv\r\n\r\n{file}\r\n--b--\r\n"
    );
    let path = format!("{PATH}&again=take_in");
    stage.operate("POST", &path).body("multipart/form-data; boundary=b", form).expect(201).await;
    let quoted = stage.operate("POST", PATH).body("application/json", "\"email\\nx\"").send().await;
    assert_eq!(quoted.status, 415);
    assert!(String::from_utf8(quoted.body.clone()).unwrap().contains("JSON string that holds a CSV"));
}

#[tokio::test]
async fn a_file_is_looked_at_before_it_is_taken_in() {
    let stage = stage().await;
    let path = format!("{PATH}&dry_run=true&map=email%3DKontakt");
    let told =
        stage.operate("POST", &path).body("text/csv", "Kontakt\nanna@contoso.example\n").expect(200).await;
    assert_eq!(told["joins"][0]["address"], "anna@contoso.example");
    assert!(stage.operate("GET", "/v1/imports").expect(200).await["items"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn opt_outs_of_another_tool_hold_against_a_later_import() {
    let stage = stage().await;
    let bring = format!("{LIST}?as=opt-outs&profile=bamboohr");
    // Whoever said no there is not asked whether they are employed.
    let file = "Work Email,Status,Employee #\nBen@contoso.example,Unsubscribed,1\nbad,,2\n";
    let brought = stage.operate("POST", &bring).body("text/csv", file).expect(200).await;
    judge("OptOutsAnswer", &brought);
    assert_eq!((&brought["rows"], &brought["recorded"]), (&2.into(), &1.into()), "{brought}");
    assert_eq!(brought["problems"][0]["row"], 3);
    let again =
        stage.operate("POST", &bring).header("accept", "text/csv").body("text/csv", file).send().await;
    assert!(again.status == 200 && again.text().contains("bad"), "{}", again.text());

    let people = "email\nanna@contoso.example\nben@contoso.example\n";
    let import = stage.operate("POST", PATH).body("text/csv", people).expect(201).await;
    assert_eq!((&import["added"], &import["opted_out"]), (&1.into(), &1.into()), "{import}");
    let members = stage.operate("GET", "/v1/lists/News/members").expect(200).await;
    let ben = members["items"].as_array().unwrap().iter().find(|one| one["address"] == "ben@contoso.example");
    assert_eq!(ben.unwrap()["state"], "opted_out");
}

#[tokio::test]
async fn what_does_not_go_with_opt_outs_is_refused() {
    let stage = stage().await;
    for (query, field) in [
        ("as=opt-outs&mode=full", "mode"),
        ("as=opt-outs&again=skip", "again"),
        ("as=opt-outs&dry_run=true", "dry_run"),
        ("as=opt-outs&status_column=Status", "status_column"),
        ("as=opt-outs&status_words=Away%3Dleave", "status_words"),
        ("dry_run=true", "mode"),
    ] {
        let ask = stage.operate("POST", &format!("{LIST}?{query}"));
        let refused = ask.body("text/csv", "email\nanna@contoso.example\n").refused(400).await;
        assert_eq!(refused.1.as_deref(), Some(field), "{query}");
    }
    stage.operate("GET", "/v1/contacts/anna@contoso.example").refused(404).await;
}

#[tokio::test]
async fn a_mandatory_list_takes_no_opt_outs_from_a_file() {
    let stage = stage().await;
    let all = json!({"name": "All", "opt_out": "not_allowed"});
    stage.operate("POST", "/v1/lists").json(all).expect(201).await;
    let bring = stage.operate("POST", "/v1/lists/All/imports?as=opt-outs");
    let refused = bring.body("text/csv", "email\nanna@contoso.example\n").refused(409).await;
    assert_eq!(refused.0, "opt_out_not_allowed");
}
