//! The odd moments that once switched syncing off, or lost an opt-out, for as long as they really last: a store that a
//! backup locks, a queue that is away, one peer that opens all connections, readers beside a scanner at one proxy's address.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use futures::{StreamExt as _, stream};
use listsync_benches::Figure;
use listsync_end_to_end::{Cloud, Served, World};
use listsync_graph_emulator::ObjectId;
use reqwest::{Client, Method, StatusCode};
use rusqlite::Connection;
use serde_json::json;
use tokio::{
    io::{AsyncWriteExt as _, copy_bidirectional},
    net::{TcpListener, TcpStream},
    time::{interval, sleep, timeout},
};

use crate::memory;

const PUBLIC_URL: &str = "https://lists.contoso.example";
const LOCKED: Duration = Duration::from_secs(48);
const AWAY: Duration = Duration::from_secs(60);
/// The timer's beat, and five seconds for the run.
const NEXT_BEAT: f64 = 15.0;
/// After so long nobody carries it out any more.
const PATIENCE: Duration = Duration::from_secs(300);
const CONNECTIONS: usize = 1_100;
/// What each of them sends of a body that it says is larger.
const SENT: usize = 400_000;
const EVENTS: usize = 3_000;
const CLICKS: usize = 60;
/// How many of the clicked links the scanner opens as well: each of these often.
const SCANNED: usize = 5;
const SCANS_PER_SECOND: u64 = 300;

pub(crate) async fn figures() -> Vec<Figure> {
    let mut figures = vec![after_a_lock().await, after_an_absence().await];
    figures.extend(one_peer().await);
    figures.extend(one_proxy().await);
    figures
}

/// A backup holds the file's lock.
async fn after_a_lock() -> Figure {
    let mut world = World::of(10).await;
    let group = in_step(&world).await;
    let served = Served::start(&mut world, PUBLIC_URL).await;
    let store = Connection::open(world.path("listsync.db")).expect("the store");
    store.execute_batch("BEGIN EXCLUSIVE").expect("a lock");
    sleep(LOCKED).await;
    store.execute_batch("ROLLBACK").expect("the lock's end");
    leaves("after 48 s of a locked store", &world, &served, group).await
}

/// SQS does not answer.
async fn after_an_absence() -> Figure {
    let mut cloud = Cloud::of(10).await;
    let group = in_step(&cloud.world).await;
    let aws = cloud.world.setting("AWS_ENDPOINT_URL").expect("an emulated AWS").to_owned();
    let aws: SocketAddr = aws.trim_start_matches("http://").parse().expect("an address");
    let sqs = Gate::before(aws).await;
    cloud.world.set("AWS_ENDPOINT_URL_SQS", format!("http://{}", sqs.address));
    let served = Served::start(&mut cloud.world, PUBLIC_URL).await;
    sqs.is_shut.store(true, Ordering::Relaxed);
    sleep(AWAY).await;
    assert!(sqs.turned_away.load(Ordering::Relaxed) > 0, "the queue was asked for meanwhile");
    sqs.is_shut.store(false, Ordering::Relaxed);
    leaves("after 60 s without SQS", &cloud.world, &served, group).await
}

async fn in_step(world: &World) -> ObjectId {
    let group = world.linked("News", &[0, 1, 2, 3]).await;
    world.listsync(&["sync", "News"]).await.exits(0);
    group
}

/// From an opt-out to the moment at which its reader is out of the group, with nobody's help.
async fn leaves(when: &str, world: &World, served: &Served, group: ObjectId) -> Figure {
    let began = Instant::now();
    let decision = json!({"address": world.address(0), "decision": "opted_out"});
    served.post("/v1/lists/News/decisions", &decision).await;
    let gone = async {
        while world.members(group).contains(&world.id(0)) {
            sleep(Duration::from_millis(20)).await;
        }
    };
    let _ = timeout(PATIENCE, gone).await;
    let what = format!("{when}: from an opt-out to the group");
    Figure { what, value: began.elapsed().as_secs_f64(), bound: NEXT_BEAT, unit: "s" }
}

/// Lets connections through, until it is shut.
struct Gate {
    address: SocketAddr,
    is_shut: Arc<AtomicBool>,
    turned_away: Arc<AtomicUsize>,
}

impl Gate {
    async fn before(target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (is_shut, turned_away) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let gate = Self { address, is_shut: Arc::clone(&is_shut), turned_away: Arc::clone(&turned_away) };
        tokio::spawn(async move {
            while let Ok((mut caller, _)) = listener.accept().await {
                if is_shut.load(Ordering::Relaxed) {
                    turned_away.fetch_add(1, Ordering::Relaxed);
                    continue;
                }
                let is_shut = Arc::clone(&is_shut);
                tokio::spawn(async move {
                    let mut server = TcpStream::connect(target).await.expect("the emulated AWS");
                    let shut = async {
                        while !is_shut.load(Ordering::Relaxed) {
                            sleep(Duration::from_millis(20)).await;
                        }
                    };
                    tokio::select! {
                        _ = copy_bidirectional(&mut caller, &mut server) => {}
                        () = shut => {}
                    }
                });
            }
        });
        gate
    }
}

/// One peer opens all the connections that it can, and sends bodies without end to a source that nobody has.
async fn one_peer() -> Vec<Figure> {
    let mut world = World::of(10).await;
    in_step(&world).await;
    let served = Served::start(&mut world, PUBLIC_URL).await;
    let address: SocketAddr = served.url.trim_start_matches("http://").parse().expect("an address");
    let before = memory::resident(served.process());
    let flood: Vec<_> = (0..CONNECTIONS).map(|_| tokio::spawn(pour(address))).collect();
    sleep(Duration::from_secs(5)).await;
    let process = served.process().id().expect("it runs");
    let files = std::fs::read_dir(format!("/proc/{process}/fd")).expect("its files").count();
    let after = memory::resident(served.process());
    // Somebody else, of another address.
    let neighbour = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
    let neighbour = Client::builder().local_address(neighbour).build().expect("a client");
    let answer =
        neighbour.get(format!("{}/healthz", served.url)).timeout(Duration::from_secs(10)).send().await;
    let unanswered = u8::from(!answer.is_ok_and(|answer| answer.status() == StatusCode::OK));
    flood.iter().for_each(tokio::task::JoinHandle::abort);
    let figure = |what: &str, value, bound, unit| Figure {
        what: format!("{CONNECTIONS} connections of one peer: {what}"),
        value,
        bound,
        unit,
    };
    vec![
        figure("peak memory above rest", f64::from(after.saturating_sub(before)) / 1_000.0, 32.0, "MB"),
        figure("open files", files as f64, 512.0, "files"),
        figure("a neighbour's requests unanswered", f64::from(unanswered), 0.0, ""),
    ]
}

async fn pour(address: SocketAddr) {
    let Ok(mut stream) = TcpStream::connect(address).await else { return };
    let head =
        format!("POST /hooks/nobody/guessed HTTP/1.1\r\nhost: {address}\r\ncontent-length: 999999\r\n\r\n");
    let _ = stream.write_all(head.as_bytes()).await;
    let _ = stream.write_all(&vec![b'x'; SENT]).await;
    sleep(PATIENCE).await;
}

/// Events of a sender and clicks of readers beside a link scanner, all from one proxy's address.
async fn one_proxy() -> Vec<Figure> {
    let mut world = World::of(CLICKS + 1).await;
    let group = world.linked("News", &(0..=CLICKS).collect::<Vec<_>>()).await;
    world.listsync(&["settings", "set", "max-removals", "off"]).await.exits(0);
    world.listsync(&["sync", "News"]).await.exits(0);
    let served = Served::start(&mut world, PUBLIC_URL).await;
    let source = json!({"id": "chimp", "name": "Mailchimp", "kind": "mailchimp", "list": "News"});
    let source = served.post("/v1/sources", &source).await;
    let hook = path_of(source["url"].as_str().expect("a URL"));
    let mut links = Vec::new();
    for reader in 0..CLICKS {
        let wanted = json!({"contact": world.address(reader), "list": "News"});
        let link = served.post("/v1/opt-out-links", &wanted).await;
        links.push(path_of(link["url"].as_str().expect("a URL")));
    }
    let scanner = {
        let (client, served_at) = (Client::new(), served.url.clone());
        let scanned = links[..SCANNED].to_vec();
        tokio::spawn(async move {
            let mut ticks = interval(Duration::from_secs(1) / u32::try_from(SCANS_PER_SECOND).expect("few"));
            for number in 0_usize.. {
                ticks.tick().await;
                let request = client.get(format!("{served_at}{}", scanned[number % SCANNED]));
                tokio::spawn(request.send());
            }
        })
    };
    let began = Instant::now();
    let form = |path: &str, body: String| {
        served
            .ask(Method::POST, path)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body)
            .send()
    };
    let sent = stream::iter(0..EVENTS).map(|number| {
        let event = format!("type=unsubscribe&data[email]=member{number}%40contoso.example&n={number}");
        form(&hook, event)
    });
    let refused_events = sent.buffer_unordered(16).filter(is_refused).count().await;
    let clicked = links.iter().map(|link| form(link, "List-Unsubscribe=One-Click".to_owned()));
    let refused_clicks = stream::iter(clicked).buffer_unordered(4).filter(is_refused).count().await;
    let took = began.elapsed().as_secs_f64();
    scanner.abort();
    let all_left = async {
        while world.members(group).len() > 1 {
            sleep(Duration::from_millis(50)).await;
        }
    };
    let _ = timeout(PATIENCE, all_left).await;
    let figure = |what: &str, value: usize| Figure {
        what: format!("beside {SCANS_PER_SECOND} scans a second at one address: {what}"),
        value: value as f64,
        bound: 0.0,
        unit: "",
    };
    vec![
        figure(&format!("of {EVENTS} events refused (in {took:.0} s)"), refused_events),
        figure(&format!("of {CLICKS} one-click opt-outs refused"), refused_clicks),
        figure("readers who are still in the group", world.members(group).len() - 1),
    ]
}

/// The path of a URL under the public address.
fn path_of(url: &str) -> String {
    url.trim_start_matches(PUBLIC_URL).to_owned()
}

fn is_refused(answer: &reqwest::Result<reqwest::Response>) -> std::future::Ready<bool> {
    std::future::ready(!answer.as_ref().is_ok_and(|answer| answer.status().is_success()))
}
