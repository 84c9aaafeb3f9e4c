use listsync_end_to_end::{Cloud, TIMER_TIME, beat};
use serde_json::json;

use crate::scene::{Links, is_in_step, links, on_one_machine};

const LINKS: usize = 50;
const PEOPLE: usize = 80;

#[tokio::test(flavor = "multi_thread")]
async fn a_cycle_from_schedule_to_summary_for_fifty_links_ends_as_on_one_machine() {
    let cloud = Cloud::of(PEOPLE).await;
    let lists = Links::make(&cloud.world, LINKS).await;
    let (timer, worker) = (cloud.timer().await, cloud.worker().await);

    let sent = timer.call(&beat(), TIMER_TIME).await.expect("the timer answers");
    assert_eq!(sent, json!({"due": LINKS, "sent": LINKS, "failed": 0}));
    cloud.work_off(&worker).await;

    let after = links(&cloud.world).await;
    assert_eq!(after.len(), LINKS);
    for link in &after {
        assert!(is_in_step(link), "{link}");
        assert_eq!(link["last_run"]["outcome"], "converged", "{link}");
    }
    assert_eq!(lists.end(&cloud.world).await, on_one_machine(PEOPLE, LINKS).await);
    assert_eq!(cloud.dead_letters().await, Vec::<String>::new());
    cloud.world.assert_careful();

    let again = timer.call(&beat(), TIMER_TIME).await.expect("the timer answers");
    assert_eq!(again["due"], 0, "nothing is due so soon");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_names_links_sends_just_those() {
    let cloud = Cloud::of(20).await;
    Links::make(&cloud.world, 3).await;
    let (timer, worker) = (cloud.timer().await, cloud.worker().await);
    timer.call(&beat(), TIMER_TIME).await.expect("the timer answers");
    cloud.work_off(&worker).await;

    let one = links(&cloud.world).await[1]["id"].clone();
    let asked = json!({"links": [one], "reason": "on-demand"});
    let sent = timer.call(&asked, TIMER_TIME).await.expect("the timer answers");
    assert_eq!(sent, json!({"due": 1, "sent": 1, "failed": 0}));
    cloud.work_off(&worker).await;
    for link in links(&cloud.world).await {
        let expected = if link["id"] == one { "on-demand" } else { "schedule" };
        assert_eq!(link["last_run"]["trigger"], expected, "{link}");
    }

    let waiting = json!({"links": [one], "wait": 30});
    let (told, ()) = tokio::join!(timer.call(&waiting, TIMER_TIME), async {
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        cloud.work_off(&worker).await;
    });
    let told = told.expect("the timer answers");
    assert_eq!((&told["sent"], &told["runs"][0]["link"]), (&json!(1), &one), "{told}");
    let run = told["runs"][0]["run"].as_str().expect("a run");
    let mut shown = cloud.world.json(&["runs", "show", run]).await;
    let unsettled = shown.as_object_mut().and_then(|run| run.remove("unsettled"));
    assert_eq!(unsettled, Some(json!([])), "it tells besides who is out of step now");
    assert_eq!(shown, told["runs"][0], "one summary, however asked for");

    let unknown = timer.call(&json!({"links": ["no-such-link"]}), TIMER_TIME).await.expect("it answers");
    assert_eq!(unknown, json!({"due": 1, "sent": 0, "failed": 1}));
    let odd = timer.call(&json!({"links": "all of them"}), TIMER_TIME).await.expect_err("it refuses");
    assert!(odd["errorMessage"].as_str().is_some_and(|why| why.contains("links")), "{odd}");
}
