//! Change notifications between the shipped binary and the emulated Graph, over real HTTP both ways.

use std::{
    net::TcpListener,
    process::Stdio,
    time::{Duration, Instant},
};

use listsync_end_to_end::World;
use listsync_graph_emulator::{Emulator, LEAST_ROLES, LifecycleEvent, NoticeSettings, ObjectId};
use tokio::{process::Child, time::sleep};

/// Longer than some beats of `serve`, and much shorter than a link waits for its turn.
const PATIENCE: Duration = Duration::from_secs(90);

async fn world() -> (World, ObjectId, String) {
    let roles = LEAST_ROLES.iter().copied().chain(["Group.Read.All"]);
    let mut world = World::with(Emulator::builder().roles(roles), 20).await;
    let group = world.linked("News", &[0, 1, 2, 3]).await;
    world.listsync(&["settings", "set", "every", "24h"]).await.exits(0);
    world.listsync(&["sync", "News"]).await.exits(0);
    let free = TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("its address");
    world.set("LISTSYNC_PUBLIC_URL", format!("http://{free}"));
    (world, group, free.to_string())
}

fn serve(world: &World, address: &str) -> Child {
    let mut command = world.command(&["serve", "--listen", address]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.kill_on_drop(true).spawn().expect("it starts")
}

async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let started = Instant::now();
    while !is_so().await {
        assert!(started.elapsed() < PATIENCE, "{what}");
        sleep(Duration::from_millis(100)).await;
    }
}

async fn requests(world: &World, method: &str) -> usize {
    let journal = world.tenant().journal();
    journal.iter().filter(|one| one.method == method && one.path.starts_with("/subscriptions")).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_a_group_reaches_the_list_long_before_its_turn() {
    let (world, group, address) = world().await;
    let _serve = serve(&world, &address);
    until("a subscription is made", async || !world.tenant().subscriptions().is_empty()).await;
    world.tenant().add_member(group, world.id(7));
    until("the list hears of it", async || world.listed("News", "member").await.len() == 5).await;
    // Late, and each three times.
    let slow = NoticeSettings { delay: Duration::from_millis(400), copies: 3 };
    world.tenant().configure(|settings| settings.notices = slow);
    let runs = world.json(&["runs", "ls", "News"]).await.as_array().map_or(0, Vec::len);
    world.tenant().remove_member(group, world.id(7));
    until("the list hears of it again", async || world.listed("News", "member").await.len() == 4).await;
    sleep(Duration::from_secs(3)).await;
    let more = world.json(&["runs", "ls", "News"]).await.as_array().map_or(0, Vec::len) - runs;
    assert!((1..=3).contains(&more), "three notices cost {more} runs");
    assert!(world.tenant().posts().iter().all(|post| post.status == Some(202)));
    world.assert_careful();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_subscription_is_renewed_made_anew_and_taken_back() {
    let (world, _, address) = world().await;
    let serve = serve(&world, &address);
    until("a subscription is made", async || !world.tenant().subscriptions().is_empty()).await;
    let doctor = world.listsync(&["doctor"]).await.exits(0);
    assert!(doctor.stdout.contains("change notifications: sent to http://"), "{}", doctor.stdout);
    world.tenant().tell_subscriptions(LifecycleEvent::ReauthorizationRequired);
    until("it is renewed", async || requests(&world, "PATCH").await == 1).await;
    world.tenant().tell_subscriptions(LifecycleEvent::SubscriptionRemoved);
    until("it is made anew", async || !world.tenant().subscriptions().is_empty()).await;
    assert_eq!(requests(&world, "POST").await, 2);
    world.listsync(&["links", "unlink", "News"]).await.exits(0);
    until("it is taken back", async || world.tenant().subscriptions().is_empty()).await;
    assert_eq!(requests(&world, "DELETE").await, 1);
    drop(serve);
    world.assert_careful();
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_permission_everything_else_works_and_doctor_tells() {
    let mut world = World::of(20).await;
    world.linked("News", &[0, 1, 2]).await;
    world.set("LISTSYNC_PUBLIC_URL", "http://127.0.0.1:9");
    world.listsync(&["tick"]).await.exits(0);
    world.listsync(&["work", "--until-empty"]).await.exits(0);
    let doctor = world.listsync(&["doctor"]).await.exits(0);
    assert!(doctor.stdout.contains("Group.Read.All"), "{}", doctor.stdout);
    world.assert_careful();
}
