//! Where a peer comes from, as far as limits for strangers tell peers apart.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    net::{IpAddr, Ipv6Addr, SocketAddr},
};

/// An IPv4 address, or the first 64 bits of an IPv6 one: one machine often has all the addresses behind them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Origin(u64);

impl Origin {
    pub fn of(address: IpAddr) -> Origin {
        match address {
            IpAddr::V4(v4) => Origin(u64::from(v4.to_bits())),
            IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
                Some(v4) => Origin(u64::from(v4.to_bits())),
                None if v6 == Ipv6Addr::LOCALHOST => Origin(1),
                None => Origin((v6.to_bits() >> 64) as u64),
            },
        }
    }

    /// The origin of a peer whose address and port are given as a text. Any other text is an origin of its own.
    pub fn of_peer(peer: &str) -> Origin {
        match peer.parse::<SocketAddr>() {
            Ok(address) => Origin::of(address.ip()),
            Err(_) => {
                let mut hasher = DefaultHasher::new();
                peer.hash(&mut hasher);
                Origin(hasher.finish())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_machine_has_one_origin_whatever_its_port() {
        let same = |one: &str, other: &str| Origin::of_peer(one) == Origin::of_peer(other);
        assert!(same("192.0.2.7:1", "192.0.2.7:65535"));
        assert!(same("192.0.2.7:1", "[::ffff:192.0.2.7]:9"));
        assert!(!same("192.0.2.7:1", "192.0.2.8:1"));
        assert!(same("[2001:db8:1:2::1]:1", "[2001:db8:1:2:ffff::9]:2"));
        assert!(!same("[2001:db8:1:2::1]:1", "[2001:db8:1:3::1]:1"));
        assert!(same("a pipe", "a pipe") && !same("a pipe", "another"));
    }
}
