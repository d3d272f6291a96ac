//! `[metrics]`: where Prometheus reads the metrics.

use std::net::SocketAddr;
use std::ops::Range;

use ipnet::IpNet;
use serde_spanned::Spanned;

use super::network::loopback;
use crate::config::file::TomlFile;
use crate::config::table_reader::TableReader;
use crate::config::value::{ParsedText, SpannedList, parsed_items};

#[derive(Debug)]
pub(crate) struct MetricsTable {
    span: Range<usize>,
    listen: Option<Spanned<ParsedText<SocketAddr>>>,
    allow: Option<SpannedList<ParsedText<IpNet>>>,
}

/// Where the metrics are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetricsSettings {
    /// The address to listen on.
    pub listen: SocketAddr,
    /// Networks that may connect.
    pub allow: Vec<IpNet>,
}

impl MetricsTable {
    pub(crate) fn read(mut table: TableReader<'_, '_>) -> Self {
        let metrics = Self {
            span: table.span.clone(),
            listen: table.require("listen", "write `listen = \"127.0.0.1:9464\"`"),
            allow: table.list("allow"),
        };
        table.finish();
        metrics
    }

    /// `None` after an error.
    pub(crate) fn settings(&self, file: &TomlFile) -> Option<MetricsSettings> {
        let listen = self.listen.as_ref()?.get_ref().0;
        match &self.allow {
            Some(allow) if allow.get_ref().is_empty() => {
                let help = "name the address of your Prometheus, such as \"10.0.0.9\"";
                file.error_with_help(allow.span(), "nobody could read the metrics", help);
            }
            None if !listen.ip().is_loopback() => {
                let message = "nothing says who may read the metrics";
                let help = "add `allow = [...]` with the address of your Prometheus";
                file.error_with_help(self.span.clone(), message, help);
            }
            _ => {}
        }
        let allow = parsed_items(self.allow.as_ref()).unwrap_or_else(loopback);
        Some(MetricsSettings { listen, allow })
    }
}
