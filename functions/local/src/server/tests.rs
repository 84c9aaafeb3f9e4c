//! The server over real sockets, with small bounds.

use std::{net::SocketAddr, time::Duration};

use axum::{Router, body::Bytes, routing::post};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::watch::{self, Sender},
    task::JoinHandle,
    time::timeout,
};

use super::{Bounds, bounds::BodyTime, serve};

/// Longer than any bound of these tests, by far.
const PATIENCE: Duration = Duration::from_secs(30);
const WHOLE: &str = "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\nhi";

struct Serving {
    address: SocketAddr,
    stop: Sender<bool>,
    server: JoinHandle<()>,
}

async fn serving(bounds: Bounds) -> Serving {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let echo = |body: Bytes| async move { body };
    let (stop, stopped) = watch::channel(false);
    let router = Router::new().route("/", post(echo));
    let server = tokio::spawn(serve(router, listener, (bounds, stopped)));
    Serving { address, stop, server }
}

/// Bounds that are reached within a test.
fn small() -> Bounds {
    let short = Duration::from_millis(200);
    Bounds {
        connections: 3,
        proxy_head_time: short,
        body: BodyTime { between: short, whole: short * 3 },
        ..Bounds::behind("127.0.0.1".parse().expect("a network"))
    }
}

impl Serving {
    async fn connect(&self, first: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.expect("a connection");
        stream.write_all(first.as_bytes()).await.expect("sent");
        stream
    }

    /// What is answered to this until the server closes the connection.
    async fn answer(&self, first: &str) -> String {
        read(&mut self.connect(first).await).await
    }
}

async fn read(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let read = timeout(PATIENCE, stream.read_to_end(&mut answer)).await.expect("the server closes it");
    drop(read);
    String::from_utf8(answer).expect("text")
}

#[tokio::test]
async fn headers_that_do_not_come_and_idle_connections_are_closed() {
    let serving = serving(small()).await;
    assert_eq!(serving.answer("").await, "", "nothing was sent");
    let headers = serving.answer("POST / HTTP/1.1\r\nhost: a\r\n").await;
    assert!(!headers.contains(" 200 "), "{headers}");
    let idle = serving.answer(WHOLE).await;
    assert!(idle.contains(" 200 ") && idle.ends_with("hi"), "answered, kept, and closed when idle: {idle}");
}

#[tokio::test]
async fn a_body_that_stops_or_drips_is_not_waited_for() {
    let serving = serving(small()).await;
    let head = "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1000\r\n\r\n";
    let stopped = serving.answer(head).await;
    assert!(stopped.contains(" 400 "), "{stopped}");
    let (mut reading, mut writing) = serving.connect(head).await.into_split();
    let dripping = tokio::spawn(async move {
        while writing.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    let mut answer = Vec::new();
    let _ = timeout(PATIENCE, reading.read_to_end(&mut answer)).await.expect("the server closes it");
    dripping.abort();
    assert!(!String::from_utf8_lossy(&answer).contains(" 200 "));
}

#[tokio::test]
async fn who_comes_when_all_places_are_taken_has_the_next_that_is_free() {
    let bounds = Bounds { proxy_head_time: PATIENCE * 10, ..small() };
    let serving = serving(bounds).await;
    let mut held = Vec::new();
    for _ in 0..3 {
        let mut stream = serving.connect(WHOLE).await;
        let mut answer = [0; 15];
        stream.read_exact(&mut answer).await.expect("it is answered, and stays open");
        held.push(stream);
    }
    let mut fourth = serving.connect(WHOLE).await;
    let unanswered = timeout(Duration::from_millis(100), fourth.read_u8()).await;
    assert!(unanswered.is_err(), "there is no place for it");
    drop(held.pop());
    timeout(PATIENCE, fourth.read_u8()).await.expect("in its time").expect("it is answered now");
}

#[tokio::test]
async fn a_stop_ends_idle_connections_and_the_server_with_them() {
    let serving = serving(Bounds { proxy_head_time: PATIENCE * 10, ..small() }).await;
    let mut stream = serving.connect(WHOLE).await;
    let mut answer = [0; 15];
    stream.read_exact(&mut answer).await.expect("it is answered, and stays open");
    serving.stop.send_replace(true);
    timeout(PATIENCE, serving.server).await.expect("in its time").expect("it ends");
    assert!(read(&mut stream).await.ends_with("hi"));
}
