//! Whom a client's callback address leads to. What counts is the address that a name leads to at the moment of connecting.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use crate::settings::AllowList;

/// The addresses that the host leads to and that may be called.
pub async fn resolve(allow: &AllowList, host: &str, port: u16) -> Result<Vec<SocketAddr>, String> {
    let found = tokio::net::lookup_host((host, port)).await.map_err(|error| format!("{host}: {error}"))?;
    let named = allow.names(host);
    let found: Vec<SocketAddr> = found.collect();
    let allowed: Vec<SocketAddr> =
        found.iter().copied().filter(|address| named || allow.allows(address.ip())).collect();
    if allowed.is_empty() {
        let led: Vec<String> = found.iter().map(|address| address.ip().to_string()).collect();
        return Err(format!("{host} ({}) is not in callback_allow", led.join(", ")));
    }
    Ok(allowed)
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

    #[tokio::test]
    async fn the_address_that_a_name_leads_to_counts() {
        let resolve = async |entries: &[&str]| {
            let mut list = AllowList::default();
            entries.iter().for_each(|entry| list.add(entry).unwrap());
            super::resolve(&list, "localhost", 80).await
        };
        assert!(resolve(&["127.0.0.0/8", "::1"]).await.is_ok());
        let refused = resolve(&["10.0.0.0/8"]).await.unwrap_err();
        assert!(refused.contains("is not in callback_allow"), "{refused}");
        assert!(resolve(&["LocalHost"]).await.is_ok());
    }
}
