//! `[upstream."HOST"]` and `[upstream."HOST:PORT"]`: settings for the requests to one host.

use std::collections::HashMap;
use std::sync::Arc;

use serde_spanned::Spanned;

mod certificate_check;
mod identity;

use super::context::DaemonContext;
use crate::config::foreign_keys::UNVERIFIED_TLS;
use crate::config::table_reader::TableReader;
use crate::config::value::{TextOrList, WholeNumber};
use crate::trigger::TriggerSettings;
use crate::web::host_port::{HostPort, HostPortError};
use crate::web::tls::TlsIdentity;
use identity::{CaCertificates, ClientCertificate};

const INSECURE_HELP: &str = "remove it, and write `ca = \"server.pem\"` in [upstream.\"HOST\"], with the certificate that \
                             the server shows or that of its issuer: a self-signed one is trusted that way";

fn reject_insecure_keys(table: &mut TableReader<'_, '_>) {
    table.reject(UNVERIFIED_TLS, "certificates are always verified", INSECURE_HELP);
}

#[derive(Debug)]
pub(crate) struct UpstreamTable {
    name: Spanned<String>,
    ca: Option<TextOrList>,
    certificate: Option<Spanned<String>>,
    key: Option<Spanned<String>>,
    max_requests: Option<Spanned<WholeNumber>>,
}

/// The checked values of a table.
struct UpstreamSettings {
    ca: Option<CaCertificates>,
    certificate: Option<ClientCertificate>,
    max_requests: Option<usize>,
}

impl UpstreamTable {
    pub(crate) fn read_all(file: &mut TableReader<'_, '_>) -> Vec<Self> {
        let help = |_: &str| "name the host: `[upstream.\"shop.example\"]`".to_owned();
        let tables = file.table("upstream").map(|mut table| {
            reject_insecure_keys(&mut table);
            table.tables_by_name("upstream", help)
        });
        let tables = tables.into_iter().flatten();
        tables.filter_map(|(name, table)| Self::read(name, table)).collect()
    }

    fn read(name: Spanned<String>, table: TableReader<'_, '_>) -> Option<Self> {
        // TOML reads `[upstream.shop.example]` as a table `example` in a table `shop`.
        if let Some(inner) = table.first_table() {
            let host = format!("{}.{}", name.get_ref(), inner.get_ref());
            let help = format!("write the host in quotes: `[upstream.\"{host}\"]`");
            table.file.error_with_help(inner.span(), "a host with a dot must be in quotes", help);
            return None;
        }
        Some(table.read_whole(|table| {
            reject_insecure_keys(table);
            Self {
                name,
                ca: table.text_or_list("ca"),
                certificate: table.take("certificate"),
                key: table.take("key"),
                max_requests: table.take("max_requests"),
            }
        }))
    }

    fn settings(&self, context: DaemonContext<'_>) -> UpstreamSettings {
        let max_requests = self.max_requests.as_ref();
        let (certificate, key) = (self.certificate.as_ref(), self.key.as_ref());
        UpstreamSettings {
            ca: self.ca.as_ref().and_then(|ca| identity::ca_certificates(context, ca)),
            certificate: identity::client_certificate(context, certificate, key),
            max_requests: max_requests
                .map(|given| context.file.number(Some(given), 1..=100_000, 1)),
        }
    }

    fn host(&self, context: DaemonContext<'_>) -> Option<HostPort> {
        let report = |HostPortError| {
            let message = format!("`{}` is not a valid host", self.name.get_ref());
            let help = "write `[upstream.\"shop.example\"]`, or `\"shop.example:8443\"` for one port, \
                        without scheme and path";
            context.file.error_with_help(self.name.span(), message, help);
        };
        self.name.get_ref().parse().map_err(report).ok()
    }
}

/// Adds the settings in `[upstream]` tables to `settings`.
pub(crate) fn apply(
    tables: &[UpstreamTable],
    context: DaemonContext<'_>,
    settings: &mut TriggerSettings,
) {
    let by_host = settings_by_host(tables, context);
    for (host_port, own) in &by_host {
        let host = by_host.iter().find(|(host, _)| host_port.is_port_of_host(host));
        let host = host.map(|(_, settings)| settings);
        if let Some(identity) = own.identity(host) {
            settings.tls_identities.push((host_port.clone(), Arc::new(identity)));
        }
        let max_requests = own.max_requests.or(host.and_then(|host| host.max_requests));
        settings
            .upstream_limits
            .max_concurrent_at
            .extend(max_requests.map(|max_requests| (host_port.clone(), max_requests)));
    }
}

fn settings_by_host(
    tables: &[UpstreamTable],
    context: DaemonContext<'_>,
) -> Vec<(HostPort, UpstreamSettings)> {
    let mut spans = HashMap::new();
    let mut all = Vec::new();
    for table in tables {
        let settings = table.settings(context);
        let Some(host_port) = table.host(context) else { continue };
        if let Some(first) = spans.insert(host_port.clone(), table.name.span()) {
            let label = (first, "first table".to_owned());
            let message = "a second table for the same host and port";
            context.file.error_with_label(table.name.span(), message, label);
        }
        all.push((host_port, settings));
    }
    all
}

impl UpstreamSettings {
    /// The TLS identity. Keys that are missing in the table of a port are taken from the table of its `host`.
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
