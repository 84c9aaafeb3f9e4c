//! The HTTP server of `serve`: the router, within bounds that hold whatever comes in.
//!
//! It speaks HTTP/1.1, as reverse proxies do to what is behind them, and no HTTP/2 without TLS, which no browser and no
//! sender speaks: each connection then holds one request at a time, so that the bounds on connections bound requests too.

mod body;
mod bounds;
mod connections;

use std::{convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, body::Body, extract::Request, response::Response};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use listsync_http::Connected;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch::Receiver,
    time::sleep,
};
use tower::ServiceExt as _;

pub(crate) use bounds::Bounds;
use connections::{Connections, Place};

use crate::host::stopped;

/// How long accepting pauses when the system gives no connection, for instance because all files are open.
const PAUSE: Duration = Duration::from_millis(500);

/// Serves the router until it is stopped, and then until the requests under way are answered.
pub(crate) async fn serve(router: Router, listener: TcpListener, (bounds, stop): (Bounds, Receiver<bool>)) {
    let connections = Arc::new(Connections::new(bounds.clone()));
    let bounds = Arc::new(bounds);
    loop {
        tokio::select! {
            place = connections.wait() => {
                let accepted = tokio::select! {
                    accepted = listener.accept() => accepted,
                    () = stopped(&stop) => break,
                };
                // Whatever the system says here is about one connection, or passes: it ends nothing.
                let Ok((stream, from)) = accepted else { sleep(PAUSE).await; continue };
                // Who has too many already is not answered: an answer would cost as much as a request.
                let Some(place) = place.taken_by(from.ip()) else { continue };
                tokio::spawn(connection(router.clone(), (stream, from), place, (bounds.clone(), stop.clone())));
            }
            () = stopped(&stop) => break,
        }
    }
    connections.end().await;
}

/// One connection to its end. Its place is free when it has ended.
async fn connection(
    router: Router,
    (stream, from): (TcpStream, SocketAddr),
    place: Place,
    (bounds, stop): (Arc<Bounds>, Receiver<bool>),
) {
    let _ = stream.set_nodelay(true);
    let (body_bounds, address) = (bounds.body, Connected(from.ip()));
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let router = router.clone();
        async move {
            let mut request: Request = request.map(|body| Body::new(body::Bounded::new(body, body_bounds)));
            request.extensions_mut().insert(address);
            let answer: Result<Response, Infallible> = router.oneshot(request).await;
            answer
        }
    });
    let mut connection = std::pin::pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            // From the end of one request to the end of the next one's headers: so it bounds idle connections as well.
            .header_read_timeout(bounds.head_time(from.ip()))
            .max_headers(bounds.headers)
            .max_buf_size(bounds.head_size)
            .serve_connection(TokioIo::new(stream), service)
    );
    tokio::select! {
        _ = connection.as_mut() => {}
        () = stopped(&stop) => {
            connection.as_mut().graceful_shutdown();
            let _ = connection.await;
        }
    }
    drop(place);
}

#[cfg(test)]
mod tests;
