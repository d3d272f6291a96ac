//! The daemon's file: each section with its defaults and bounds.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use ipnet::IpNet;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_spanned::Spanned;
use url::Url;

use super::secret::Filling;
use crate::config::bounds::{millis, secs};
use crate::config::file::File;
use crate::config::raw::{List, Parsed, daemon as raw};
use crate::config::secrets::SecretStore;
use crate::config::settings::{Egress, Listener, Log, Proxy, Server, Trigger};
use crate::telemetry::LogFormat;
use crate::trigger::circuit_breaker::CircuitBreakerSettings;

/// The ports that each switch's own documentation uses.
pub(crate) const ASTERISK_PORT: u16 = 4573;
pub(crate) const FREESWITCH_PORT: u16 = 8084;

pub(crate) fn listener(file: &File, raw: &raw::Listener, port: u16) -> Listener {
    check_twice(file, raw);
    if let Some(allow) = raw.allow.as_ref().filter(|allow| allow.get_ref().is_empty()) {
        let help = "name the switch's address, such as \"127.0.0.1\"";
        file.fault_help(allow.span(), "nobody could connect", help);
    }
    let here = || vec![SocketAddr::from((Ipv4Addr::LOCALHOST, port))];
    Listener {
        listen: list(raw.listen.as_ref()).unwrap_or_else(here),
        allow: list(raw.allow.as_ref()).unwrap_or_else(loopback),
    }
}

pub(super) fn loopback() -> Vec<IpNet> {
    let v6 = IpNet::from(IpAddr::from(Ipv6Addr::LOCALHOST));
    let v4 = IpNet::new_assert(IpAddr::from([127, 0, 0, 0]), 8);
    vec![v4, v6]
}

pub(super) fn list<T: Clone>(given: Option<&List<Parsed<T>>>) -> Option<Vec<T>> {
    given.map(|list| list.get_ref().iter().map(|one| one.get_ref().0.clone()).collect())
}

fn check_twice(file: &File, raw: &raw::Listener) {
    let mut addresses = HashMap::new();
    for address in raw.listen.iter().flat_map(Spanned::get_ref) {
        if let Some(first) = addresses.insert(address.get_ref().0, address.span()) {
            let label = (first, "it is listened to already".to_owned());
            file.fault_with(address.span(), "an address can be listened to once", label);
        }
    }
}

pub(crate) fn environment_timeout(file: &File, raw: &raw::Listener) -> Duration {
    let given = raw.environment_timeout.as_ref();
    file.time(given, millis(100, 60_000), Duration::from_secs(5))
}

pub(crate) fn server(file: &File, raw: &raw::Server) -> Server {
    let longest = secs(1, 7 * 24 * 3600);
    Server {
        grace: file.time(raw.grace.as_ref(), secs(0, 3600), Duration::from_secs(30)),
        max_calls: size(file.number(raw.max_calls.as_ref(), 1..=100_000, 10_000)),
        longest_call: file.time(raw.longest_call.as_ref(), longest, Duration::from_secs(4 * 3600)),
    }
}

pub(crate) fn trigger(file: &File, secrets: &SecretStore, raw: &raw::Trigger) -> Trigger {
    let request = || millis(100, 60_000);
    let seconds = Duration::from_secs;
    Trigger {
        timeout: file.time(raw.timeout.as_ref(), request(), seconds(5)),
        connect_timeout: file.time(raw.connect_timeout.as_ref(), request(), seconds(2)),
        music_after: file.time(raw.music_after.as_ref(), secs(0, 10), Duration::from_millis(300)),
        proxy: raw.proxy.as_ref().and_then(|given| proxy(file, secrets, given)),
        max_requests: size(file.number(raw.max_requests.as_ref(), 1..=100_000, 10_000)),
        max_per_upstream: size(file.number(raw.max_per_upstream.as_ref(), 1..=100_000, 512)),
        retry: small(file.number(raw.retry.as_ref(), 0..=5, 2)),
    }
}

pub(crate) fn breaker(file: &File, raw: &raw::Breaker) -> CircuitBreakerSettings {
    let CircuitBreakerSettings { failure_threshold: failures, open_for } =
        CircuitBreakerSettings::default();
    CircuitBreakerSettings {
        failure_threshold: small(file.number(raw.failures.as_ref(), 1..=1000, failures.into())),
        open_for: file.time(raw.open_for.as_ref(), secs(1, 600), open_for),
    }
}

/// A secret in it is a name or a password: no sign of it ends its place in the URL.
fn proxy(file: &File, secrets: &SecretStore, given: &Spanned<String>) -> Option<Proxy> {
    let encoded = |secret: &str| utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string();
    let filled = Filling { file, secrets, whose: "a proxy" }.filled(given, encoded);
    if !filled.is_whole {
        return None;
    }
    let url = Url::parse(&filled.text).ok();
    let url = url.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    if url.is_none() {
        let help = "write it as \"http://proxy.example:3128\"";
        file.fault_help(given.span(), "this is no address of a proxy", help);
    }
    let mut url = url?;
    if !url.username().is_empty() && url.password().is_none() {
        // Without a password the client says nothing of the name either.
        let _ = url.set_password(Some(""));
    }
    Some(Proxy(url))
}

pub(crate) fn egress(raw: &raw::Egress) -> Egress {
    Egress {
        allow_hosts: list(raw.allow_hosts.as_ref()).unwrap_or_default(),
        allow_networks: list(raw.allow_networks.as_ref()).unwrap_or_default(),
    }
}

pub(crate) fn log(raw: &raw::Log) -> Log {
    Log {
        level: raw.level.as_ref().map_or(tracing::Level::INFO, |level| level.get_ref().0),
        format: raw.format.as_ref().map_or(LogFormat::Text, |format| format.get_ref().0),
    }
}

fn small(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

pub(super) fn size(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
