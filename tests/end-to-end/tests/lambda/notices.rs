//! Change notifications through the functions: the timer subscribes, Graph posts to the API, a worker syncs.

use std::{
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use axum::{
    Router,
    extract::{Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use listsync_end_to_end::{Ask, Cloud, Function, TIMER_TIME, beat};
use listsync_graph_emulator::{Emulator, LEAST_ROLES};
use tokio::{net::TcpListener, time::sleep};

use crate::{
    scene::{EACH, Links},
    telling::assert_nobody_is_named,
};

const PATIENCE: Duration = Duration::from_secs(60);

/// Takes requests in the gateway's place, and hands them to the API function as the gateway would.
#[derive(Clone, Default)]
struct Door(Arc<OnceLock<Function>>);

impl Door {
    /// A door with its address; it leads nowhere yet.
    async fn open() -> (Self, String) {
        let door = Self::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("its address"));
        let router = Router::new().fallback(through).with_state(door.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (door, url)
    }

    fn api(&self) -> &Function {
        self.0.get().expect("the door leads to the API by now")
    }
}

async fn through(State(door): State<Door>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.expect("a body");
    let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let target = parts.uri.path_and_query().expect("a path").to_string();
    let text = String::from_utf8(body.to_vec()).expect("text");
    let answer = Ask::post(target, kind.unwrap_or_default(), text).of(door.api()).await;
    let status = u16::try_from(answer.status).ok().and_then(|status| StatusCode::from_u16(status).ok());
    (status.expect("a status"), [(header::CONTENT_TYPE, answer.kind)], answer.body).into_response()
}

/// Hands messages over until Graph has nothing more to say of what was written.
async fn quiet(cloud: &Cloud, worker: &Function) {
    let mut still = 0;
    while still < 5 {
        still = if cloud.work_off(worker).await == 0 { still + 1 } else { 0 };
        sleep(Duration::from_millis(200)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_a_group_goes_through_the_functions_to_its_list_within_one_message() {
    let roles = LEAST_ROLES.iter().copied().chain(["Group.Read.All"]);
    let mut cloud = Cloud::with(Emulator::builder().roles(roles), 20).await;
    let (door, url) = Door::open().await;
    cloud.world.set("LISTSYNC_PUBLIC_URL", url);
    let lists = Links::make(&cloud.world, 1).await;
    let (group, world) = (lists.groups["List 0"], &cloud.world);
    assert!(door.0.set(cloud.api().await).is_ok());
    let (timer, worker) = (cloud.timer_that_subscribes().await, cloud.worker().await);

    timer.call(&beat(), TIMER_TIME).await.expect("the timer answers");
    let subscriptions = world.tenant().subscriptions();
    assert_eq!(subscriptions.len(), 1, "{}", timer.output());
    quiet(&cloud, &worker).await;
    assert_eq!(world.listed("List 0", "member").await.len(), EACH + 1);

    world.tenant().add_member(group, world.id(12));
    let started = Instant::now();
    while cloud.waiting().await[0] == 0 {
        assert!(started.elapsed() < PATIENCE, "Graph tells of it, and the API queues it");
        sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(cloud.waiting().await, [1, 0, 0]);
    quiet(&cloud, &worker).await;
    assert!(world.listed("List 0", "member").await.contains(world.address(12)));
    let posts = world.tenant().posts();
    assert!(posts.iter().all(|post| post.status == Some(202)), "{posts:?}");

    let secret = subscriptions[0].client_state.clone().expect("a secret");
    assert_nobody_is_named(&cloud, &[&timer, &worker, door.api()], &[&secret]);
    world.assert_careful();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timer_that_may_not_subscribe_sends_its_messages_all_the_same() {
    let mut cloud = Cloud::of(20).await;
    cloud.world.set("LISTSYNC_PUBLIC_URL", "http://127.0.0.1:9");
    Links::make(&cloud.world, 2).await;
    let timer = cloud.timer_that_subscribes().await;
    let sent = timer.call(&beat(), TIMER_TIME).await.expect("the timer answers");
    assert_eq!((&sent["sent"], &sent["failed"]), (&2.into(), &0.into()));
    timer.call(&beat(), TIMER_TIME).await.expect("the timer answers");
    let journal = cloud.world.tenant().journal();
    let asked = journal.iter().filter(|entry| entry.path.starts_with("/subscriptions")).count();
    assert_eq!(asked, 1, "what is refused is not asked again at each beat");
    assert!(cloud.world.tenant().subscriptions().is_empty());
}
