//! How many connections are open, in all and of each peer.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use listsync_http::peer_of;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Bounds;

/// How many connections each peer has.
type OfPeers = Arc<Mutex<HashMap<String, usize>>>;

/// The places for connections.
pub(super) struct Connections {
    bounds: Bounds,
    places: Arc<Semaphore>,
    of_peers: OfPeers,
}

/// A place that nobody has yet.
pub(super) struct Free<'a> {
    connections: &'a Connections,
    permit: OwnedSemaphorePermit,
}

/// The place of one connection; free again once it is dropped.
pub(super) struct Place {
    _permit: OwnedSemaphorePermit,
    of_peer: Option<(String, OfPeers)>,
}

impl Connections {
    pub(super) fn new(bounds: Bounds) -> Self {
        let places = Arc::new(Semaphore::new(bounds.connections));
        Self { bounds, places, of_peers: Arc::default() }
    }

    /// Waits for a place. Who comes meanwhile waits in the system's queue.
    pub(super) async fn wait(&self) -> Free<'_> {
        match self.places.clone().acquire_owned().await {
            Ok(permit) => Free { connections: self, permit },
            // It is never closed.
            Err(_) => std::future::pending().await,
        }
    }

    /// Waits until every connection has ended.
    pub(super) async fn end(&self) {
        let all = u32::try_from(self.bounds.connections).unwrap_or(u32::MAX);
        let _ = self.places.acquire_many(all).await;
    }
}

impl Free<'_> {
    /// Takes the place for a peer; none where it has as many as it may.
    pub(super) fn taken_by(self, from: IpAddr) -> Option<Place> {
        let Connections { bounds, of_peers, .. } = self.connections;
        if bounds.is_proxy(from) {
            return Some(Place { _permit: self.permit, of_peer: None });
        }
        let peer = peer_of(from).0;
        let mut counts = lock(of_peers);
        let count = counts.entry(peer.clone()).or_default();
        if *count >= bounds.per_peer {
            return None;
        }
        *count += 1;
        Some(Place { _permit: self.permit, of_peer: Some((peer, of_peers.clone())) })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some((peer, counts)) = &self.of_peer else { return };
        let mut counts = lock(counts);
        if let Some(count) = counts.get_mut(peer) {
            *count -= 1;
            if *count == 0 {
                counts.remove(peer);
            }
        }
    }
}

fn lock(counts: &Mutex<HashMap<String, usize>>) -> MutexGuard<'_, HashMap<String, usize>> {
    counts.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use listsync_core::network::Networks;

    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[tokio::test]
    async fn one_peer_has_its_share_and_a_proxy_what_there_is() {
        let proxies: Networks = "10.0.0.1".parse().expect("a network");
        let bounds = Bounds { connections: 5, per_peer: 2, ..Bounds::behind(proxies) };
        let connections = Connections::new(bounds);
        let take = async |from: &str| connections.wait().await.taken_by(address(from));
        let first = take("2001:db8::1").await;
        let second = take("2001:db8::2").await;
        assert!(first.is_some() && second.is_some());
        assert!(take("2001:db8::3").await.is_none(), "a site is one peer");
        let proxied = [take("10.0.0.1").await, take("10.0.0.1").await, take("10.0.0.1").await];
        assert!(proxied.iter().all(Option::is_some));
        assert_eq!(connections.places.available_permits(), 0);
        drop(first);
        assert!(take("2001:db8::3").await.is_some(), "a place that is given up is free again");
        drop((second, proxied));
        connections.end().await;
        assert!(lock(&connections.of_peers).is_empty());
    }
}
