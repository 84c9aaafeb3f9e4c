//! How long the heaviest pages of the console take while a large sync goes on in the same process, in terms of `/healthz` at the same
//! time.

use std::time::{Duration, Instant};

use listsync_benches::Figure;
use listsync_core::Timestamp;
use listsync_end_to_end::{Served, World};
use listsync_engine::ports::ListStore as _;
use listsync_graph_emulator::{Emulator, Settings, Throttle};
use listsync_sqlite::SqliteStore;
use reqwest::{
    Client, Method, StatusCode,
    header::{COOKIE, SET_COOKIE},
    redirect::Policy,
};

const LATENCY: Duration = Duration::from_millis(50);
const PEOPLE: usize = 100_000;
const LISTS: usize = 1_000;
/// So many are on the list that is synced meanwhile.
const BUSY: usize = 30_000;
/// So often each page is opened, and at least.
const VISITS: usize = 100;
const FEWEST: usize = 20;
/// Between two visits: a session that asks more than 50 times a second is refused, and each visit opens five pages.
const PAUSE: Duration = Duration::from_millis(120);

pub(crate) async fn figures() -> Vec<Figure> {
    let settings = Settings { latency: LATENCY, throttle: Throttle::Off, ..Settings::default() };
    let mut world = World::with(Emulator::builder().settings(settings), BUSY).await;
    world.listsync(&["lists", "create", "Everybody", "--max-additions", "off"]).await.exits(0);
    world.write("people.csv", file());
    let import = ["import", "people.csv", "--list", "Everybody", "--mode", "incremental"];
    world.listsync(&import).await.exits(0);
    world.listsync(&["lists", "create", "Busy", "--max-additions", "off"]).await.exits(0);
    world.write("busy.csv", world.csv(&(0..BUSY).collect::<Vec<_>>()));
    world.listsync(&["import", "busy.csv", "--list", "Busy", "--mode", "incremental"]).await.exits(0);
    let store = SqliteStore::open(world.path("listsync.db")).expect("the store");
    for number in 0..LISTS {
        store.create_list(&format!("List {number:04}"), Timestamp::now()).await.expect("a list");
    }
    drop(store);
    let served = Served::start(&mut world, "https://lists.contoso.example").await;
    let visitor = Visitor::signed_in(&world, &served).await;
    let list = world.json(&["lists", "show", "Everybody"]).await["id"].as_str().expect("an id").to_owned();
    world.listsync(&["link", "Busy", "--new-group", "Busy"]).await.exits(0);
    let of_list = [format!("/lists/{list}"), format!("/lists/{list}/members")];
    let (mut health, mut one, mut members, mut grid) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    // Only what was opened while the sync went on counts.
    while health.len() < VISITS && visitor.is_syncing().await {
        health.push(visitor.seconds("/healthz").await);
        one.push(visitor.seconds(&of_list[0]).await);
        members.push(visitor.seconds(&of_list[1]).await);
        grid.push(visitor.seconds("/lists").await);
        tokio::time::sleep(PAUSE).await;
    }
    assert!(health.len() >= FEWEST, "the sync ended after {} visits", health.len());
    let beside = percentile(health);
    let figure = |what: &str, of: Vec<f64>, bound| {
        let seconds = percentile(of);
        let what = format!("{what} beside a sync ({:.1} ms, /healthz {:.1})", seconds * 1e3, beside * 1e3);
        Figure { what, value: seconds / beside, bound, unit: "times" }
    };
    vec![
        figure("page of a list of 100,000", one, 5.0),
        figure("members of a list of 100,000", members, 5.0),
        figure("grid of 1,000 lists", grid, 10.0),
    ]
}

fn file() -> String {
    let row = |number: usize| format!("person{number}@contoso.example,Person {number}\n");
    "email,name\n".to_owned() + &(0..PEOPLE).map(row).collect::<String>()
}

/// Somebody in a browser.
struct Visitor {
    client: Client,
    url: String,
    cookie: String,
}

impl Visitor {
    async fn signed_in(world: &World, served: &Served) -> Self {
        let at = served.url.trim_start_matches("http://");
        let link = world.json(&["console", "--at", at]).await;
        let (page, token) = link["url"].as_str().and_then(|url| url.split_once("?link=")).expect("a link");
        let client = Client::builder().redirect(Policy::none()).build().expect("a client");
        let enter = client.post(page).header("content-type", "application/x-www-form-urlencoded");
        let entered = enter.body(format!("link={token}&to=/")).send().await.expect("an answer");
        assert_eq!(entered.status(), StatusCode::SEE_OTHER);
        let cookie = entered.headers()[SET_COOKIE].to_str().expect("text").split(';').next();
        Self { client, url: served.url.clone(), cookie: cookie.expect("a cookie").to_owned() }
    }

    /// Whether the sync goes on: the grid of what goes on has the list.
    async fn is_syncing(&self) -> bool {
        let url = format!("{}/lists?q=Busy", self.url);
        let answer = self.client.get(url).header(COOKIE, &self.cookie).send().await.expect("an answer");
        let page = answer.text().await.expect("a page");
        page.contains("<span class=\"state wait\">syncing now")
            || page.contains("<span class=\"state quiet\">never ran")
    }

    /// How long a page takes, to its last byte.
    async fn seconds(&self, path: &str) -> f64 {
        let began = Instant::now();
        let request =
            self.client.request(Method::GET, format!("{}{path}", self.url)).header(COOKIE, &self.cookie);
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        let page = answer.bytes().await.expect("a page");
        assert!(page.len() <= 100 * 1024, "{path} has {} bytes", page.len());
        began.elapsed().as_secs_f64()
    }
}

fn percentile(mut of: Vec<f64>) -> f64 {
    of.sort_by(f64::total_cmp);
    of[of.len() * 95 / 100]
}
