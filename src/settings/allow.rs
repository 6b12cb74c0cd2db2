//! Where clients may be called: addresses, networks, and host names.

use std::net::IpAddr;

use super::url::without_credentials;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Entry {
    Network { address: u128, prefix: u32 },
    Host(String),
}

#[derive(Debug, Clone, Default)]
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

impl Entry {
    fn parse(text: &str) -> Result<Entry, String> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let Ok(address) = address.parse::<IpAddr>() else {
            return match prefix {
                None if is_host_name(text) => Ok(Entry::Host(text.to_lowercase())),
                _ => Err(format!("{:?} is no address, network or host name", without_credentials(text))),
            };
        };
        let width = if address.is_ipv4() { 32 } else { 128 };
        let known = |prefix: &str| prefix.parse::<u32>().ok().filter(|prefix| *prefix <= width);
        let prefix = prefix.map_or(Some(width), known);
        let prefix = prefix.ok_or_else(|| format!("{text:?} has no such prefix: it is at most {width}"))?;
        Ok(Entry::Network { address: bits(address), prefix: prefix + 128 - width })
    }
}

/// Whether something may be called so (RFC 1123, and `_`, which networks of Windows have). What ends in a number is an
/// address, or wrong.
pub(super) fn is_host_name(text: &str) -> bool {
    let is_label = |label: &str| {
        let known = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        known && (1..=63).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-')
    };
    let name = text.strip_suffix('.').unwrap_or(text);
    let last = name.rsplit('.').next().unwrap_or_default();
    name.len() <= 253 && name.split('.').all(is_label) && !last.bytes().all(|byte| byte.is_ascii_digit())
}

impl AllowList {
    /// Takes in one more entry.
    pub fn add(&mut self, text: &str) -> Result<(), String> {
        Entry::parse(text).map(|entry| self.entries.push(entry))
    }

    /// Whether the host may be called wherever its name leads.
    pub fn names(&self, host: &str) -> bool {
        self.entries.contains(&Entry::Host(host.to_lowercase()))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn list(entries: &[&str]) -> AllowList {
        let mut list = AllowList::default();
        entries.iter().for_each(|entry| list.add(entry).unwrap());
        list
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
        assert!(super::tests::list(&["0.0.0.0/0"]).allows("8.8.8.8".parse().unwrap()));
    }

    #[test]
    fn what_is_no_entry_is_refused() {
        let longest = "x".repeat(64);
        for text in ["10.0.0.0/33", "x/8", "", "10.0.0.0/x", "*", "*.example", "300.1.1.1", "10.1.2", "1", "a..b", "-a"]
        {
            assert!(AllowList::default().add(text).is_err(), "{text:?}");
        }
        for text in ["http://desk", "desk:80", "[::1]", "a b", "bücher.example", ".", &longest] {
            assert!(AllowList::default().add(text).is_err(), "{text:?}");
        }
        for text in ["desk", "Desk-7.example.", "my_desk.example", "3com.example", "10.example", &longest[1..]] {
            assert!(list(&[text]).names(&text.to_uppercase()), "{text:?}");
        }
    }
}
