//! What somebody sees who sits before a terminal: the status drawn anew, questions before something goes, and bars.

use std::{
    io::{BufRead as _, BufReader},
    process::Stdio,
};

use listsync_end_to_end::{INTERRUPT, Terminal, World};
use listsync_testkit::moto::python;

#[tokio::test(flavor = "multi_thread")]
async fn the_status_is_drawn_anew_on_a_terminal_until_somebody_interrupts_it() {
    const COMPLETE: &str = "Shown anew every two seconds; Ctrl-C ends it.";
    let world = World::of(60).await;
    let group = world.linked("News", &[0, 1, 2]).await;
    world.listsync(&["sync", "News"]).await.exits(0);
    let mut terminal = Terminal::start(&world, &["status", "--watch"]);
    let fine = terminal.shows(&["Nothing needs you: 1 list or link.", COMPLETE]).await;
    assert!(fine.contains("News") && fine.contains("in step"), "{fine}");
    world.tenant().delete_group(group);
    world.listsync(&["sync", "News"]).await.exits(1);
    let troubled = terminal.shows(&["1 of 1 list or link needs somebody.", COMPLETE]).await;
    assert!(troubled.contains("failing since") && !troubled.contains("Nothing needs you"), "{troubled}");
    terminal.types(INTERRUPT).await;
    assert_eq!(terminal.ends().await, 4, "the exit code is that of what it showed last");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_says_what_goes_and_is_done_on_a_yes_alone() {
    let world = World::of(60).await;
    world.linked("News", &[0, 1]).await;
    let address = world.address(0);
    let question = format!("Erase {address}: 1 address, ");
    let erase = ["contacts", "erase", address];
    for (answer, code) in [("n\r", 1), ("\r", 1), ("y\r", 0)] {
        assert_eq!(world.listsync(&["contacts", "show", address]).await.code, 0, "before {answer:?}");
        let mut terminal = Terminal::start(&world, &erase);
        terminal.shows(&[&question, "1 list, and what runs and imports tell of them? [y/N]"]).await;
        terminal.types(answer).await;
        assert_eq!(terminal.ends().await, code, "{answer:?}");
    }
    world.listsync(&["contacts", "show", address]).await.exits(1);
    assert_eq!(world.listed("News", "member").await, [world.address(1).to_owned()].into());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_no_contact_has_is_erased_where_somebody_says_that_they_mean_it() {
    let world = World::of(60).await;
    world.listsync(&["lists", "create", "News"]).await.exits(0);
    let address = world.address(0);
    let erase = ["contacts", "erase", address];
    let refused = world.listsync(&erase).await.exits(1).stderr;
    assert!(refused.contains("--yes") && refused.contains("which no contact has"), "{refused}");
    world.listsync(&["contacts", "erase", "K1"]).await.exits(1);
    let mut terminal = Terminal::start(&world, &erase);
    terminal.shows(&[&format!("Erase {address}, which no contact has"), "[y/N]"]).await;
    terminal.types("n\r").await;
    assert_eq!(terminal.ends().await, 1);
    let done = world.listsync(&["contacts", "erase", address, "--yes"]).await.exits(0).stdout;
    assert!(done.contains(&format!("Nobody had {address} as a contact")), "{done}");
    world.listsync(&["lists", "add", "News", address]).await;
    assert!(world.listed("News", "member").await.is_empty(), "no operator brings them back");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_undo_is_shown_with_its_totals_asked_about_and_done() {
    let world = World::of(60).await;
    let group = world.linked("News", &[0, 1, 2, 3]).await;
    world.listsync(&["sync", "News"]).await.exits(0);
    world.listsync(&["lists", "add", "News", world.address(7)]).await.exits(0);
    let synced = world.listsync(&["sync", "News", "--json"]).await.exits(0).json();
    let run = synced["run"].as_str().expect("an id");
    let question = "Take the run back on the list 'News' and in its group? [y/N]";
    let off = format!("- list   {}", world.address(7));
    for (answer, code, left) in [("n\r", 1, &[0, 1, 2, 3, 7][..]), ("y\r", 0, &[0, 1, 2, 3])] {
        let mut terminal = Terminal::start(&world, &["runs", "undo", run]);
        terminal.shows(&[&off, question]).await;
        terminal.types(answer).await;
        assert_eq!(terminal.ends().await, code, "{answer:?}");
        assert_eq!(world.members(group), world.ids(left), "{answer:?}");
        assert_eq!(world.listed("News", "member").await.len(), left.len(), "{answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_takes_its_time_says_that_it_writes() {
    let world = World::of(60).await;
    world.listsync(&["lists", "create", "News"]).await.exits(0);
    world.write("people.csv", world.csv(&[0, 1, 2]));
    // Somebody else writes meanwhile, for as long as it takes until the bar is there.
    let mut other = python("end-to-end/terminal/write.py")
        .arg(world.path("listsync.db"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Python starts");
    let mut told = String::new();
    BufReader::new(other.stdout.take().expect("its output is piped")).read_line(&mut told).expect("it tells");
    assert_eq!(told, "writing\n");
    let import = ["import", "people.csv", "--list", "News", "--mode", "full"];
    let mut terminal = Terminal::start(&world, &import);
    terminal.shows(&["writing to the list", "3 rows"]).await;
    drop(other.stdin.take());
    assert_eq!(terminal.ends().await, 0);
    assert!(other.wait().expect("it ends").success());
    assert_eq!(world.listed("News", "member").await.len(), 3);
}
