//! Where clients may be called: addresses, networks, and host names. What counts is the address that a name leads to at the
//! moment of connecting.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

#[derive(Debug, Clone, PartialEq, Eq)]
enum Entry {
    Network { address: u128, prefix: u32 },
    Host(String),
}

#[derive(Debug, Clone)]
pub struct AllowList {
    entries: Vec<Entry>,
}

/// All addresses as IPv6, so that one comparison serves both.
fn bits(address: IpAddr) -> u128 {
    let v6 = match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped(),
        IpAddr::V6(v6) => v6,
    };
    u128::from(v6)
}

impl AllowList {
    pub fn parse(entries: &[String]) -> Result<AllowList, String> {
        let entry = |text: &String| -> Result<Entry, String> {
            let (address, prefix) = match text.split_once('/') {
                Some((address, prefix)) => (address, Some(prefix)),
                None => (text.as_str(), None),
            };
            let Ok(address) = address.parse::<IpAddr>() else {
                return match prefix {
                    None if !text.is_empty() => Ok(Entry::Host(text.to_lowercase())),
                    _ => Err(format!("callback_allow: {text:?} is no address, network or host name")),
                };
            };
            let width = if address.is_ipv4() { 32 } else { 128 };
            let prefix = match prefix {
                None => width,
                Some(prefix) => prefix
                    .parse::<u32>()
                    .ok()
                    .filter(|prefix| *prefix <= width)
                    .ok_or_else(|| format!("callback_allow: {text:?} has no such prefix"))?,
            };
            Ok(Entry::Network { address: bits(address), prefix: prefix + 128 - width })
        };
        Ok(AllowList { entries: entries.iter().map(entry).collect::<Result<_, _>>()? })
    }

    /// The addresses that the host leads to and that may be called.
    pub async fn resolve(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, String> {
        let found = tokio::net::lookup_host((host, port)).await.map_err(|error| format!("{host}: {error}"))?;
        let named = self.entries.contains(&Entry::Host(host.to_lowercase()));
        let found: Vec<SocketAddr> = found.collect();
        let allowed: Vec<SocketAddr> =
            found.iter().copied().filter(|address| named || self.allows(address.ip())).collect();
        if allowed.is_empty() {
            let led: Vec<String> = found.iter().map(|address| address.ip().to_string()).collect();
            return Err(format!("{host} ({}) is not in callback_allow", led.join(", ")));
        }
        Ok(allowed)
    }

    pub fn allows(&self, address: IpAddr) -> bool {
        let asked = bits(address);
        self.entries.iter().any(|entry| match entry {
            Entry::Network { address, prefix } => {
                let mask = u128::MAX.checked_shl(128 - prefix).unwrap_or(0);
                asked & mask == address & mask
            }
            Entry::Host(_) => false,
        })
    }
}

/// Whether bytes to this address stay on the machine.
pub fn is_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_loopback(),
        IpAddr::V6(v6) => v6 == Ipv6Addr::LOCALHOST || v6.to_ipv4_mapped().is_some_and(|v4| v4.is_loopback()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(entries: &[&str]) -> AllowList {
        AllowList::parse(&entries.iter().map(|entry| entry.to_string()).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn addresses_and_networks_are_compared_by_their_bits() {
        let list = list(&["127.0.0.0/8", "::1", "10.1.2.3"]);
        for (address, allowed) in [
            ("127.9.9.9", true),
            ("::1", true),
            ("::ffff:127.0.0.1", true),
            ("10.1.2.3", true),
            ("10.1.2.4", false),
            ("128.0.0.1", false),
            ("::2", false),
        ] {
            assert_eq!(list.allows(address.parse().unwrap()), allowed, "{address}");
        }
        assert!(AllowList::parse(&["0.0.0.0/0".into()]).unwrap().allows("8.8.8.8".parse().unwrap()));
    }

    #[test]
    fn what_is_no_entry_is_refused() {
        for text in ["10.0.0.0/33", "x/8", "", "10.0.0.0/x"] {
            assert!(AllowList::parse(&[text.to_owned()]).is_err(), "{text:?}");
        }
    }

    #[tokio::test]
    async fn the_address_that_a_name_leads_to_counts() {
        assert!(list(&["127.0.0.0/8", "::1"]).resolve("localhost", 80).await.is_ok());
        let refused = list(&["10.0.0.0/8"]).resolve("localhost", 80).await.unwrap_err();
        assert!(refused.contains("is not in callback_allow"), "{refused}");
        assert!(list(&["LocalHost"]).resolve("localhost", 80).await.is_ok());
    }
}
