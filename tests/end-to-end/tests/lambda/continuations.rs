use std::time::Duration;

use listsync_end_to_end::{Cloud, TIMER_TIME, World, beat};
use listsync_graph_emulator::Emulator;

use crate::scene::{is_in_step, links};

const MEMBERS: usize = 20_000;
/// So much shorter than the template's that one invocation cannot do it all.
const TIME: Duration = Duration::from_secs(30);

/// A list of many people, linked to a new group.
async fn stage(world: &World) -> listsync_graph_emulator::ObjectId {
    world.linked("Everybody", &(0..MEMBERS).collect::<Vec<_>>()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_of_twenty_thousand_members_goes_on_over_several_invocations() {
    let cloud = Cloud::with(Emulator::builder(), MEMBERS).await;
    let group = stage(&cloud.world).await;
    let (timer, worker) = (cloud.timer().await, cloud.worker().await);
    timer.call(&beat(), TIMER_TIME).await.expect("the timer answers");

    let mut invocations = 0_u64;
    let mut before = 0;
    loop {
        let messages = cloud.receive().await;
        if messages.is_empty() {
            break;
        }
        let failed = cloud.work(&worker, &messages, TIME).await;
        assert!(failed.is_empty(), "a continuation is a success: {}", worker.output());
        invocations += 1;
        let now = cloud.world.members(group).len();
        eprintln!("{invocations} {now} {:?}", std::time::SystemTime::now());
        assert!(now >= before && invocations < 100, "each goes on where the last one ended");
        before = now;
    }
    assert!(invocations >= 3, "it took {invocations}: {:?} {}", cloud.waiting().await, worker.output());
    assert_eq!(cloud.world.members(group).len(), MEMBERS);
    let link = links(&cloud.world).await.remove(0);
    assert!(is_in_step(&link), "{link}");
    assert_eq!(link["last_run"]["outcome"], "converged", "{link}");
    let writes = cloud.world.tenant().counters().member_writes;
    assert!(writes <= MEMBERS as u64 / 20 + invocations * 5, "little is sent twice: {writes}");
    cloud.world.assert_careful();
}
