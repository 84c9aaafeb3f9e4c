//! Where a request comes from: the address at the other end, or what a reverse proxy that is trusted says of it.

use std::net::{IpAddr, Ipv6Addr};

use axum::http::{HeaderMap, HeaderName, header};
use listsync_core::network::Networks;
use listsync_inbound::admission::Peer;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// So many hops are looked at: no honest chain is longer.
const HOPS: usize = 32;
/// A provider gives one customer at least this much of an IPv6 network (RFC 6177), who can use any address in it.
const SITE: u8 = 64;

/// The client of a request: the last hop that is no trusted proxy, as the chain of them tells it in `Forwarded` (RFC 7239)
/// or `X-Forwarded-For`.
///
/// What stands before that hop is its own word and is not read. A proxy appends to one of the two headers and passes the
/// other on as the client wrote it, so where both are there and disagree, neither is believed: then the proxy itself is
/// taken for the client, as it is where it says nothing that can be read.
pub(crate) fn client(trusted: &Networks, connected: IpAddr, headers: &HeaderMap) -> IpAddr {
    let connected = connected.to_canonical();
    if !trusted.hold(connected) {
        return connected;
    }
    let last = |hops| last_untrusted(trusted, connected, hops);
    let standard = last(hops(headers, &header::FORWARDED, forwarded_for));
    let usual = last(hops(headers, &X_FORWARDED_FOR, bare));
    match (headers.contains_key(header::FORWARDED), headers.contains_key(X_FORWARDED_FOR)) {
        (true, false) => standard,
        (false, true) => usual,
        (true, true) if standard == usual => usual,
        (true, true) | (false, false) => connected,
    }
}

fn last_untrusted(trusted: &Networks, connected: IpAddr, hops: Vec<Option<IpAddr>>) -> IpAddr {
    let mut client = connected;
    for hop in hops.into_iter().rev().take(HOPS) {
        // Who told of a hop that cannot be read is the last of whom something is known.
        let Some(hop) = hop else { return client };
        client = hop;
        if !trusted.hold(hop) {
            return client;
        }
    }
    client
}

/// The client as it is counted: an IPv6 address by its site.
#[must_use]
pub fn peer_of(client: IpAddr) -> Peer {
    match client.to_canonical() {
        IpAddr::V4(address) => Peer(address.to_string()),
        IpAddr::V6(address) => {
            let site = u128::from(address) & !(u128::MAX >> SITE);
            Peer(format!("{}/{SITE}", Ipv6Addr::from(site)))
        }
    }
}

/// Every hop that a header tells of, in order, over all its lines.
fn hops(headers: &HeaderMap, name: &HeaderName, read: fn(&str) -> Option<IpAddr>) -> Vec<Option<IpAddr>> {
    let lines = headers.get_all(name).into_iter();
    lines.flat_map(|line| line.to_str().unwrap_or("?").split(',').map(|part| read(part.trim()))).collect()
}

/// The `for` of one element of `Forwarded`.
fn forwarded_for(element: &str) -> Option<IpAddr> {
    let mut pairs = element.split(';').filter_map(|pair| pair.trim().split_once('='));
    let (_, node) = pairs.find(|(name, _)| name.trim().eq_ignore_ascii_case("for"))?;
    bare(node.trim().trim_matches('"'))
}

/// An address, perhaps with a port, and an IPv6 one perhaps in brackets.
fn bare(node: &str) -> Option<IpAddr> {
    if let Ok(address) = node.parse::<IpAddr>() {
        return Some(address.to_canonical());
    }
    let address = match node.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?.0,
        None => node.rsplit_once(':')?.0,
    };
    address.parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn client(connected: &str, lines: &[(HeaderName, &str)]) -> String {
        let trusted: Networks = "10.0.0.0/8, 192.168.1.7, fd00::/8".parse().expect("networks");
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(name.clone(), HeaderValue::from_str(value).expect("a value"));
        }
        super::client(&trusted, connected.parse().expect("an address"), &headers).to_string()
    }

    #[test]
    fn the_last_hop_that_is_not_trusted_is_the_client() {
        let xff = |value| (X_FORWARDED_FOR, value);
        let standard = |value| (header::FORWARDED, value);
        for (connected, lines, expected) in [
            // Whoever is no proxy of ours may say what they like.
            ("203.0.113.9", vec![xff("198.51.100.1")], "203.0.113.9"),
            ("10.0.0.1", vec![xff("198.51.100.1")], "198.51.100.1"),
            ("::ffff:10.0.0.1", vec![xff("198.51.100.1")], "198.51.100.1"),
            // What the client put before its own address is not read.
            ("10.0.0.1", vec![xff("1.1.1.1, 198.51.100.1")], "198.51.100.1"),
            ("10.0.0.1", vec![xff("1.1.1.1"), xff("198.51.100.1, 192.168.1.7")], "198.51.100.1"),
            ("10.0.0.1", vec![xff("198.51.100.1:4711")], "198.51.100.1"),
            ("fd00::1", vec![xff("2001:db8::1")], "2001:db8::1"),
            ("10.0.0.1", vec![standard("for=1.1.1.1;proto=https, For=\"[2001:db8::1]:80\"")], "2001:db8::1"),
            ("10.0.0.1", vec![standard("for=198.51.100.1;by=10.0.0.1, for=10.0.0.3")], "198.51.100.1"),
            // What cannot be read leaves whoever told it.
            ("10.0.0.1", vec![standard("for=unknown")], "10.0.0.1"),
            ("10.0.0.1", vec![xff("198.51.100.1, _hidden, 10.0.0.3")], "10.0.0.3"),
            ("10.0.0.1", vec![xff("")], "10.0.0.1"),
            ("10.0.0.1", vec![], "10.0.0.1"),
            // A header that the proxy does not know goes through as the client wrote it.
            ("10.0.0.1", vec![xff("198.51.100.1"), standard("for=1.1.1.1")], "10.0.0.1"),
            ("10.0.0.1", vec![xff("198.51.100.1"), standard("for=198.51.100.1")], "198.51.100.1"),
        ] {
            assert_eq!(client(connected, &lines), expected, "{connected} {lines:?}");
        }
    }

    #[test]
    fn an_ipv6_client_is_counted_by_its_site() {
        let counted = |address: &str| peer_of(address.parse().expect("an address")).0;
        assert_eq!(counted("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
        assert_eq!(counted("2001:db8:1:2::1"), counted("2001:db8:1:2:ffff::1"));
        assert_ne!(counted("2001:db8:1:2::1"), counted("2001:db8:1:3::1"));
        assert_eq!(counted("::ffff:203.0.113.9"), "203.0.113.9");
    }
}
