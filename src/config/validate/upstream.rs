//! Web applications that have rules of their own: whom we trust there, who we are there, how much they are asked.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use serde_spanned::Spanned;

use super::daemon::size;
use super::identity::{Authorities, Pair};
use crate::config::file::File;
use crate::config::raw::upstream as raw;
use crate::config::secrets::SecretStore;
use crate::config::settings::{Trigger, Upstream};
use crate::web::host_port::{HostPort, HostPortError};
use crate::web::tls::TlsIdentity;

/// Reads the tables of the daemon's file. Relative paths begin at `home`, its folder.
#[derive(Clone, Copy)]
pub(crate) struct Upstreams<'a> {
    pub(crate) file: &'a File,
    pub(crate) secrets: &'a SecretStore,
    pub(crate) home: &'a Path,
}

/// One table. What is not in it may be in that of its host.
#[derive(Default)]
struct Rules {
    authorities: Option<Authorities>,
    pair: Option<Pair>,
    max_requests: Option<usize>,
}

impl Upstreams<'_> {
    /// All of them.
    pub(crate) fn all(self, raw: &[raw::Upstream], trigger: &Trigger) -> Vec<Upstream> {
        raw.iter().for_each(|raw| self.check_proxy(raw, trigger));
        let tables = self.tables(raw);
        let upstream = |(place, rules): &(HostPort, Rules)| {
            let host = tables.iter().find(|(host, _)| place.is_port_of_host(host));
            rules.upstream(place, host.map(|(_, rules)| rules))
        };
        tables.iter().map(upstream).collect()
    }

    fn tables(self, raw: &[raw::Upstream]) -> Vec<(HostPort, Rules)> {
        let mut spans = HashMap::new();
        let mut tables = Vec::new();
        for raw in raw {
            let rules = self.rules(raw);
            let place: HostPort = match raw.name.get_ref().parse() {
                Ok(place) => place,
                Err(HostPortError) => {
                    let what = format!("`{}` is no host", raw.name.get_ref());
                    let help = "write `[upstream.\"shop.example\"]`, or `\"shop.example:8443\"` for \
                                one port, without scheme and path";
                    self.file.fault_help(raw.name.span(), what, help);
                    continue;
                }
            };
            if let Some(first) = spans.insert(place.clone(), raw.name.span()) {
                let label = (first, "it has a table already".to_owned());
                self.file.fault_with(raw.name.span(), "this is the same place again", label);
            }
            tables.push((place, rules));
        }
        tables
    }

    fn rules(self, raw: &raw::Upstream) -> Rules {
        let most = raw.max_requests.as_ref();
        Rules {
            authorities: raw.ca.as_ref().and_then(|ca| self.authorities(ca)),
            pair: self.pair(raw),
            max_requests: most.map(|most| size(self.file.number(Some(most), 1..=100_000, 1))),
        }
    }

    /// TLS with the proxy itself is by the same settings as that with the place behind it (reqwest's `connect.rs`).
    fn check_proxy(self, raw: &raw::Upstream, trigger: &Trigger) {
        let is_https = trigger.proxy.as_ref().is_some_and(|proxy| proxy.0.scheme() == "https");
        if is_https && (raw.ca.is_some() || raw.certificate.is_some()) {
            let what = "the proxy would be held for this host: it would be shown the certificate";
            let help = "name the `proxy` of [trigger] by `http://`: what is within stays TLS";
            self.file.fault_help(raw.name.span(), what, help);
        }
    }

    /// A path as it is typed, whole.
    pub(super) fn path(self, given: &Spanned<String>) -> std::path::PathBuf {
        self.home.join(given.get_ref())
    }
}

impl Rules {
    fn upstream(&self, place: &HostPort, host: Option<&Self>) -> Upstream {
        let authorities =
            self.authorities.as_ref().or(host.and_then(|host| host.authorities.as_ref()));
        let pair = self.pair.as_ref().or(host.and_then(|host| host.pair.as_ref()));
        let identity = TlsIdentity {
            ca_certificates: authorities.cloned().unwrap_or_default(),
            client_certificate: pair.map(|(chain, key)| (chain.clone(), key.clone_key())),
        };
        Upstream {
            place: place.clone(),
            identity: (authorities.is_some() || pair.is_some()).then(|| Arc::new(identity)),
            max_requests: self.max_requests.or(host.and_then(|host| host.max_requests)),
        }
    }
}
