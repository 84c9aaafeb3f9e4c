//! How long somebody waits for an opt-out page, and for their opt-out, while one key pages through a list of 100,000 and another
//! uploads it again and again; beside the same of a host at rest. And what six uploads at once take of memory, beside one.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use futures::future::join_all;
use listsync_benches::Figure;
use listsync_end_to_end::{Served, World};
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use tokio::{task::JoinSet, time::sleep};

use crate::memory;

const PUBLIC_URL: &str = "https://lists.contoso.example";
const PEOPLE: usize = 100_000;
/// So many links are opened, and clicked, at rest and beside the load each.
const VISITS: usize = 100;
const UPLOADS: usize = 6;
/// Of a call that is told to wait.
const PAUSE: Duration = Duration::from_millis(200);
const PATH: &str = "/v1/lists/Everybody/imports?mode=incremental&again=take_in";

pub(crate) async fn figures() -> Vec<Figure> {
    let mut figures = visits().await;
    figures.push(uploads().await);
    figures
}

fn file(people: usize) -> String {
    let row = |number: usize| {
        format!("person{number}@contoso.example,Person {number},Department {}\n", number % 40)
    };
    "email,name,department\n".to_owned() + &(0..people).map(row).collect::<String>()
}

async fn stage(people: usize) -> (World, Served) {
    let mut world = World::of(1).await;
    world.listsync(&["lists", "create", "Everybody", "--max-additions", "off"]).await.exits(0);
    if people > 0 {
        world.write("people.csv", file(people));
        let import = ["import", "people.csv", "--list", "Everybody", "--mode", "incremental"];
        world.listsync(&import).await.exits(0);
    }
    let served = Served::start(&mut world, PUBLIC_URL).await;
    (world, served)
}

async fn visits() -> Vec<Figure> {
    let (world, served) = stage(PEOPLE).await;
    let mut links = Vec::new();
    for reader in 0..2 * VISITS {
        let wanted = json!({"contact": format!("person{reader}@contoso.example"), "list": "Everybody"});
        let link = served.post("/v1/opt-out-links", &wanted).await;
        let url = link["url"].as_str().expect("a URL").to_owned();
        links.push(url.strip_prefix(PUBLIC_URL).expect("a path").to_owned());
        // No faster than a key may ask.
        sleep(Duration::from_millis(20)).await;
    }
    let at_rest = visit(&served, &links[..VISITS]).await;
    let mut load = JoinSet::new();
    load.spawn(page_on(key(&world).await, served.url.clone()));
    load.spawn(upload_on(key(&world).await, served.url.clone()));
    sleep(Duration::from_secs(2)).await;
    let beside = visit(&served, &links[VISITS..]).await;
    load.abort_all();
    let figure = |what: &str, value: f64, bound, unit| Figure {
        what: format!("95th percentile of an opt-out's {what}"),
        value,
        bound,
        unit,
    };
    vec![
        figure("page, at rest", at_rest.page * 1e3, 50.0, "ms"),
        figure("page, beside the load", beside.page * 1e3, 500.0, "ms"),
        figure("page, ratio", beside.page / at_rest.page, 50.0, "times"),
        figure("click, at rest", at_rest.click * 1e3, 100.0, "ms"),
        figure("click, beside the load", beside.click * 1e3, 10_000.0, "ms"),
        figure("click, ratio", beside.click / at_rest.click, 1_000.0, "times"),
    ]
}

/// Ninety-fifth percentiles, in seconds.
struct Waits {
    page: f64,
    click: f64,
}

/// Opens each link, then clicks it.
async fn visit(served: &Served, links: &[String]) -> Waits {
    let (mut pages, mut clicks) = (Vec::new(), Vec::new());
    for link in links {
        let began = Instant::now();
        let page = served.ask(Method::GET, link).send().await.expect("an answer");
        assert_eq!(page.status(), StatusCode::OK);
        page.bytes().await.expect("the page");
        pages.push(began.elapsed().as_secs_f64());
        let began = Instant::now();
        let click =
            served.ask(Method::POST, link).header("content-type", "application/x-www-form-urlencoded");
        let click = click.body("List-Unsubscribe=One-Click").send().await.expect("an answer");
        assert_eq!(click.status(), StatusCode::OK);
        clicks.push(began.elapsed().as_secs_f64());
    }
    Waits { page: percentile(pages), click: percentile(clicks) }
}

fn percentile(mut of: Vec<f64>) -> f64 {
    of.sort_by(f64::total_cmp);
    of[of.len() * 95 / 100]
}

async fn key(world: &World) -> String {
    let made = world.listsync(&["keys", "create", "load", "--scope", "operate", "--json"]).await.exits(0);
    made.json()["secret"].as_str().expect("a key").to_owned()
}

/// Pages through the list, over and over.
async fn page_on(key: String, url: String) {
    let client = Client::new();
    let mut cursor = String::new();
    loop {
        let path = format!("{url}/v1/lists/Everybody/members?limit=500{cursor}");
        let answer = client.get(path).bearer_auth(&key).send().await.expect("an answer");
        if answer.status() != StatusCode::OK {
            sleep(PAUSE).await;
            continue;
        }
        let page: Value = serde_json::from_slice(&answer.bytes().await.expect("a body")).expect("a page");
        cursor = page["next"].as_str().map(|next| format!("&cursor={next}")).unwrap_or_default();
    }
}

/// Uploads the list, over and over.
async fn upload_on(key: String, url: String) {
    let (client, body) = (Client::new(), file(PEOPLE));
    loop {
        let upload = client.post(format!("{url}{PATH}")).bearer_auth(&key).header("content-type", "text/csv");
        if !upload.body(body.clone()).send().await.is_ok_and(|answer| answer.status().is_success()) {
            sleep(PAUSE).await;
        }
    }
}

/// The most memory of six uploads at once, in terms of one.
async fn uploads() -> Figure {
    let one = upload(1).await;
    let six = upload(UPLOADS).await;
    Figure {
        what: format!("{UPLOADS} uploads of {PEOPLE} rows at once ({six:.0} MB): peak memory"),
        value: six / one,
        bound: 1.5,
        unit: "of one",
    }
}

async fn upload(at_once: usize) -> f64 {
    let (world, served) = stage(0).await;
    let (key, body) = (key(&world).await, Arc::new(file(PEOPLE)));
    let sent = (0..at_once).map(|number| {
        let (key, body, url) = (key.clone(), body.clone(), served.url.clone());
        async move {
            let client = Client::new();
            loop {
                let body = body.replace("person", &format!("person{number}-"));
                let upload = client.post(format!("{url}{PATH}")).bearer_auth(&key);
                let answer = upload.header("content-type", "text/csv").body(body).send().await;
                match answer.map(|answer| answer.status()) {
                    Ok(StatusCode::SERVICE_UNAVAILABLE) => sleep(PAUSE).await,
                    Ok(status) if status.is_success() => return,
                    other => panic!("{other:?}"),
                }
            }
        }
    });
    join_all(sent).await;
    f64::from(memory::resident(served.process())) / 1_000.0
}
