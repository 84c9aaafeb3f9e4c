//! The file of the embedded store: who makes it, who copies it, and what outlives a copy that is brought back.

use std::fs;

use listsync_end_to_end::{Served, World};

fn files(world: &World) -> Vec<String> {
    let name = |file: std::io::Result<fs::DirEntry>| {
        file.expect("it works").file_name().into_string().expect("it works")
    };
    let mut names: Vec<String> = fs::read_dir(world.folder()).expect("it works").map(name).collect();
    names.sort();
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verb_that_only_reads_makes_no_store_and_tells_where_it_looked() {
    let world = World::of(3).await;
    world.write("people.csv", world.csv(&[0]));
    let before = files(&world);
    let at = fs::canonicalize(world.folder()).expect("it works").join("listsync.db");
    for verb in [
        &["lists", "ls"][..],
        &["lists", "show", "News"],
        &["lists", "members", "News"],
        &["lists", "preview", "News"],
        &["lists", "explain", "News", "a@b.example"],
        &["contacts", "ls"],
        &["contacts", "show", "a@b.example"],
        &["imports", "ls"],
        &["imports", "show", "x"],
        &["links", "ls"],
        &["links", "show", "News"],
        &["keys", "ls"],
        &["runs", "ls"],
        &["runs", "show", "x"],
        &["settings", "get"],
        &["plan", "News"],
        &["handout", "News"],
        &["backup", "copy.db"],
        &["import", "people.csv", "--list", "News", "--mode", "full", "--dry-run"],
    ] {
        let refused = world.listsync(verb).await.exits(1);
        assert!(
            refused.stderr.contains(&format!("no store at {}", at.display())),
            "{verb:?}: {}",
            refused.stderr
        );
        assert!(refused.stderr.contains("LISTSYNC_STORE"), "{verb:?}: {}", refused.stderr);
        assert_eq!(files(&world), before, "{verb:?}");
    }
    let checked = world.listsync(&["doctor"]).await;
    assert!(checked.stdout.contains("there is no store yet at"), "{}", checked.stdout);
    world.listsync(&["imports", "profiles"]).await.exits(0);
    assert_eq!(files(&world), before);
    world.listsync(&["lists", "create", "News"]).await.exits(0);
    world.listsync(&["lists", "ls"]).await.exits(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_made_while_the_host_runs_and_who_was_erased_since_does_not_come_back_with_it() {
    let mut world = World::of(3).await;
    world.listsync(&["lists", "create", "News"]).await.exits(0);
    world.listsync(&["lists", "add", "News", "anna@contoso.example", "--name", "Anna Adler"]).await.exits(0);
    let served = Served::start(&mut world, "https://lists.contoso.example").await;
    let done = world.listsync(&["backup", "copy.db", "--json"]).await.exits(0).json();
    let size = fs::metadata(world.path("copy.db")).expect("it works").len();
    assert_eq!(done["bytes"].as_u64(), Some(size));
    assert_eq!(
        done["file"],
        fs::canonicalize(world.path("copy.db")).expect("it works").display().to_string()
    );
    let again = world.listsync(&["backup", "copy.db"]).await.exits(1);
    assert!(again.stderr.contains("there is a file of that name already"), "{}", again.stderr);
    world.listsync(&["contacts", "erase", "anna@contoso.example", "--yes"]).await.exits(0);
    served.end().await;
    for beside in ["listsync.db-wal", "listsync.db-shm"] {
        drop(fs::remove_file(world.path(beside)));
    }
    fs::copy(world.path("copy.db"), world.path("listsync.db")).expect("it works");
    assert_eq!(world.json(&["contacts", "ls"]).await.as_array().map(Vec::len), Some(0));
    let refused = world.listsync(&["lists", "add", "News", "anna@contoso.example"]).await;
    assert_ne!(refused.code, 0, "{}", refused.stdout);
    for file in files(&world).into_iter().filter(|file| file.starts_with("listsync.db")) {
        let bytes = fs::read(world.path(&file)).expect("it works");
        for trace in ["anna@", "Anna Adler"] {
            let is_there = bytes.windows(trace.len()).any(|window| window == trace.as_bytes());
            assert!(!is_there, "{trace} in {file}");
        }
    }
}
