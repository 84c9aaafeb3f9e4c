//! Addresses of hosts, and networks of them.

use std::{net::IpAddr, str::FromStr};

/// An address, or all addresses with the same beginning, such as `10.0.0.0/8`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    /// How many bits of it are the beginning.
    length: u8,
}

/// Some networks, as a setting names them: with commas between.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Networks(Vec<Network>);

/// A text that names no network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no address such as 10.1.2.3, and no network such as 10.0.0.0/8 or fd00::/8")]
pub struct NetworkError(String);

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let refuse = || NetworkError(text.to_owned());
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length.parse::<u8>().map_err(|_| refuse())?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| refuse())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let length = length.unwrap_or(most);
        if length > most { Err(refuse()) } else { Ok(Self { address, length }) }
    }
}

impl Network {
    fn holds(self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(_), IpAddr::V4(_)) => begins_with(address, self.address, 96 + self.length),
            (IpAddr::V6(_), IpAddr::V6(_)) => begins_with(address, self.address, self.length),
            _ => false,
        }
    }
}

impl FromStr for Networks {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        parts.map(str::parse).collect::<Result<_, _>>().map(Self)
    }
}

impl Networks {
    /// Whether an address is in one of them. One of IPv4 in the form of IPv6 is the same address.
    #[must_use]
    pub fn hold(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.holds(address.to_canonical()))
    }
}

/// Networks whose addresses are not those of a host on the public Internet, or lead through a tunnel to any: the IANA registries
/// of special-purpose addresses (RFC 6890 and its updates), multicast, and what is reserved.
const NOT_PUBLIC: &str = "0.0.0.0/8, 10.0.0.0/8, 100.64.0.0/10, 127.0.0.0/8, 169.254.0.0/16, 172.16.0.0/12, 192.0.0.0/24, \
    192.0.2.0/24, 192.88.99.0/24, 192.168.0.0/16, 198.18.0.0/15, 198.51.100.0/24, 203.0.113.0/24, 224.0.0.0/3, \
    2001::/23, 2001:db8::/32, 2002::/16, 3fff::/20";
/// The only addresses of IPv6 that are given out to hosts.
const GLOBAL: &str = "2000::/3";
/// Where an address of IPv4 stands behind a translator, in its last four bytes (RFC 6052).
const TRANSLATED: &str = "64:ff9b::/96";

/// Whether an address is one of a host on the public Internet.
///
/// # Panics
/// Never: the networks that it knows read.
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    let holds = |networks: &str, address: IpAddr| {
        networks.parse::<Networks>().expect("these are networks").hold(address)
    };
    match address.to_canonical() {
        IpAddr::V6(six) if holds(TRANSLATED, IpAddr::V6(six)) => {
            let [.., a, b, c, d] = six.octets();
            is_public(IpAddr::from([a, b, c, d]))
        }
        IpAddr::V6(six) => holds(GLOBAL, IpAddr::V6(six)) && !holds(NOT_PUBLIC, IpAddr::V6(six)),
        four => !holds(NOT_PUBLIC, four),
    }
}

fn begins_with(address: IpAddr, beginning: IpAddr, bits: u8) -> bool {
    let number = |address: IpAddr| match address {
        IpAddr::V4(address) => u128::from(address.to_ipv6_mapped()),
        IpAddr::V6(address) => u128::from(address),
    };
    let rest = 128_u32.saturating_sub(u32::from(bits));
    let differs = number(address) ^ number(beginning);
    differs.checked_shr(rest).unwrap_or(0) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_hold_what_begins_as_they_do() {
        let holds = |network: &str, address: &str| {
            network.parse::<Network>().expect("a network").holds(address.parse().expect("an address"))
        };
        assert!(holds("10.0.0.0/8", "10.255.0.1") && !holds("10.0.0.0/8", "11.0.0.1"));
        assert!(holds("10.1.2.3", "10.1.2.3") && !holds("10.1.2.3", "10.1.2.4"));
        assert!(holds("0.0.0.0/0", "203.0.113.9") && !holds("0.0.0.0/0", "2001:db8::1"));
        assert!(holds("2001:db8::/33", "2001:db8:7fff::1") && !holds("2001:db8::/33", "2001:db8:8000::1"));
        for odd in ["", "10.0.0.0/33", "10.0.0/8", "::/129", "proxy.contoso.example", "10.0.0.0/8/8"] {
            assert!(odd.parse::<Network>().is_err(), "{odd}");
        }
    }

    #[test]
    fn only_hosts_of_the_internet_are_public() {
        let public = |address: &str| is_public(address.parse().expect("an address"));
        for address in ["1.1.1.1", "93.184.215.14", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"] {
            assert!(public(address), "{address}");
        }
        for address in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "169.254.169.254",
            "172.31.255.255",
            "192.168.1.1",
            "198.19.0.1",
            "203.0.113.9",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "64:ff9b::a00:1",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!public(address), "{address}");
        }
    }

    #[test]
    fn a_setting_names_several() {
        let networks: Networks = " 10.0.0.0/8, ::1 ,".parse().expect("networks");
        let holds = |address: &str| networks.hold(address.parse().expect("an address"));
        assert!(holds("10.2.3.4") && holds("::ffff:10.2.3.4") && holds("::1") && !holds("127.0.0.1"));
        assert!(!Networks::default().hold("127.0.0.1".parse().expect("an address")));
        assert!("10.0.0.1, proxy".parse::<Networks>().is_err());
    }
}
