//! `[metrics]`: the listener for Prometheus.

use std::net::SocketAddr;
use std::ops::Range;

use ipnet::IpNet;
use serde_spanned::Spanned;

use super::network::{NetworkList, allowed_networks, check_allow_present};
use super::ports::ListenAddress;
use crate::config::file::TomlFile;
use crate::config::table_reader::TableReader;
use crate::config::value::ParsedText;

#[derive(Debug)]
pub(crate) struct MetricsTable {
    span: Range<usize>,
    listen: Option<Spanned<ParsedText<SocketAddr>>>,
    allow: Option<NetworkList>,
}

/// The listener that serves metrics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetricsSettings {
    /// The address to listen on.
    pub listen: SocketAddr,
    /// Networks that may connect.
    pub allow: Vec<IpNet>,
}

impl MetricsTable {
    pub(crate) fn read(table: &mut TableReader<'_, '_>) -> Self {
        Self {
            span: table.span.clone(),
            listen: table.require("listen", "write `listen = \"127.0.0.1:9464\"`"),
            allow: table.list("allow"),
        }
    }

    pub(crate) fn address(&self) -> Option<ListenAddress> {
        let listen = self.listen.as_ref()?;
        let (address, span) = (listen.get_ref().0, Some(listen.span()));
        Some(ListenAddress { table: "[metrics]", address, span })
    }

    /// `None` after an error.
    pub(crate) fn settings(&self, file: &TomlFile) -> Option<MetricsSettings> {
        let listen = self.listen.as_ref()?.get_ref().0;
        let (allow, client) = (self.allow.as_ref(), "your Prometheus");
        check_allow_present(file, self.span.clone(), listen, allow, client);
        Some(MetricsSettings { listen, allow: allowed_networks(file, allow, client) })
    }
}
