//! `[upstream."HOST"]` and `[upstream."HOST:PORT"]`: what holds for the requests to one host.

use std::collections::HashMap;
use std::sync::Arc;

use serde_spanned::Spanned;

mod identity;

use super::context::DaemonContext;
use crate::config::table_reader::TableReader;
use crate::config::value::{TextOrList, WholeNumber};
use crate::trigger::TriggerSettings;
use crate::web::host_port::{HostPort, HostPortError};
use crate::web::tls::TlsIdentity;
use identity::{CaCertificates, ClientCertificate};

#[derive(Debug)]
pub(crate) struct UpstreamTable {
    name: Spanned<String>,
    ca: Option<TextOrList>,
    certificate: Option<Spanned<String>>,
    key: Option<Spanned<String>>,
    max_requests: Option<Spanned<WholeNumber>>,
}

/// A table that was checked.
struct UpstreamRules {
    ca: Option<CaCertificates>,
    certificate: Option<ClientCertificate>,
    max_requests: Option<usize>,
}

impl UpstreamTable {
    /// Reads all `[upstream]` tables.
    pub(crate) fn read_all(file: &mut TableReader<'_, '_>) -> Vec<Self> {
        let help = |_: &str| "name the host: `[upstream.\"shop.example\"]`".to_owned();
        let tables = file.table("upstream").map(|table| table.tables_by_name("upstream", help));
        let tables = tables.into_iter().flatten();
        tables.filter_map(|(name, table)| Self::read(name, table)).collect()
    }

    fn read(name: Spanned<String>, mut table: TableReader<'_, '_>) -> Option<Self> {
        // `[upstream.shop.example]` is a table `example` in a table `shop`.
        if let Some(inner) = table.first_table() {
            let host = format!("{}.{}", name.get_ref(), inner.get_ref());
            let help = format!("put the host in quotes: `[upstream.\"{host}\"]`");
            table.file.error_with_help(inner.span(), "this host is cut at its dot", help);
            return None;
        }
        let upstream = Self {
            name,
            ca: table.text_or_list("ca"),
            certificate: table.take("certificate"),
            key: table.take("key"),
            max_requests: table.take("max_requests"),
        };
        table.finish();
        Some(upstream)
    }

    fn rules(&self, context: DaemonContext<'_>) -> UpstreamRules {
        let max_requests = self.max_requests.as_ref();
        let (certificate, key) = (self.certificate.as_ref(), self.key.as_ref());
        UpstreamRules {
            ca: self.ca.as_ref().and_then(|ca| identity::ca_certificates(context, ca)),
            certificate: identity::client_certificate(context, certificate, key),
            max_requests: max_requests
                .map(|given| context.file.number(Some(given), 1..=100_000, 1)),
        }
    }

    fn host(&self, context: DaemonContext<'_>) -> Option<HostPort> {
        let report = |HostPortError| {
            let message = format!("`{}` is no host", self.name.get_ref());
            let help = "write `[upstream.\"shop.example\"]`, or `\"shop.example:8443\"` for one port, \
                        without scheme and path";
            context.file.error_with_help(self.name.span(), message, help);
        };
        self.name.get_ref().parse().map_err(report).ok()
    }

    /// The HTTP client uses the same TLS settings for the proxy and for the host behind it (reqwest, `connect.rs`).
    fn check_https_proxy(&self, context: DaemonContext<'_>) {
        if self.ca.is_some() || self.certificate.is_some() {
            let message =
                "the proxy would be held for this host: it would be shown the certificate";
            let help = "name the `proxy` of [trigger] by `http://`: what is within stays TLS";
            context.file.error_with_help(self.name.span(), message, help);
        }
    }
}

/// Adds what the tables say to the settings of the requests. `settings` has its proxy already.
pub(crate) fn apply(
    tables: &[UpstreamTable],
    context: DaemonContext<'_>,
    settings: &mut TriggerSettings,
) {
    if settings.proxy.as_ref().is_some_and(|proxy| proxy.scheme() == "https") {
        tables.iter().for_each(|table| table.check_https_proxy(context));
    }
    let rules = rules_by_host(tables, context);
    for (place, own) in &rules {
        let host = rules.iter().find(|(host, _)| place.is_port_of_host(host));
        let host = host.map(|(_, rules)| rules);
        if let Some(identity) = own.identity(host) {
            settings.tls_identities.push((place.clone(), Arc::new(identity)));
        }
        let max_requests = own.max_requests.or(host.and_then(|host| host.max_requests));
        settings
            .upstream_limits
            .max_concurrent_at
            .extend(max_requests.map(|most| (place.clone(), most)));
    }
}

fn rules_by_host(
    tables: &[UpstreamTable],
    context: DaemonContext<'_>,
) -> Vec<(HostPort, UpstreamRules)> {
    let mut spans = HashMap::new();
    let mut all = Vec::new();
    for table in tables {
        let rules = table.rules(context);
        let Some(place) = table.host(context) else { continue };
        if let Some(first) = spans.insert(place.clone(), table.name.span()) {
            let label = (first, "it has a table already".to_owned());
            let message = "this is the same place again";
            context.file.error_with_label(table.name.span(), message, label);
        }
        all.push((place, rules));
    }
    all
}

impl UpstreamRules {
    /// The TLS identity. A key that is missing in the table of a port is taken from the table of its `host`.
    fn identity(&self, host: Option<&Self>) -> Option<TlsIdentity> {
        let ca = self.ca.as_ref().or(host.and_then(|host| host.ca.as_ref()));
        let certificate =
            self.certificate.as_ref().or(host.and_then(|host| host.certificate.as_ref()));
        (ca.is_some() || certificate.is_some()).then(|| TlsIdentity {
            ca_certificates: ca.cloned().unwrap_or_default(),
            client_certificate: certificate.map(|(chain, key)| (chain.clone(), key.clone_key())),
        })
    }
}
