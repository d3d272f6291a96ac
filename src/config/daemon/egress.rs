//! `[egress]`: hosts and networks that requests may reach besides the hosts in the files.

use ipnet::IpNet;

use super::network::{NetworkList, warn_of_host_bits};
use crate::config::file::TomlFile;
use crate::config::table_reader::TableReader;
use crate::config::value::{FromText, ParsedText, SpannedList, parsed_items};
use crate::web::egress::HostPattern;

#[derive(Debug, Default)]
pub(crate) struct EgressTable {
    allow_hosts: Option<SpannedList<ParsedText<HostPattern>>>,
    allow_networks: Option<NetworkList>,
}

impl EgressTable {
    pub(crate) fn read(table: &mut TableReader<'_, '_>) -> Self {
        Self {
            allow_hosts: table.list("allow_hosts"),
            allow_networks: table.list("allow_networks"),
        }
    }

    pub(crate) fn allow_hosts(&self) -> Vec<HostPattern> {
        parsed_items(self.allow_hosts.as_ref()).unwrap_or_default()
    }

    pub(crate) fn allow_networks(&self, file: &TomlFile) -> Vec<IpNet> {
        warn_of_host_bits(file, self.allow_networks.as_ref());
        parsed_items(self.allow_networks.as_ref()).unwrap_or_default()
    }
}

impl FromText for HostPattern {
    const EXPECTED: &'static str = "a host such as \"shop.example\" or \"*.shop.example\"";

    fn from_text(text: &str) -> Option<Self> {
        text.parse().ok()
    }

    fn suggestion(text: &str) -> Option<String> {
        if text.parse::<IpNet>().is_ok() {
            return Some("a network belongs in `allow_networks`".to_owned());
        }
        let (_, rest) = text.split_once("://").unwrap_or(("", text));
        let host = rest.split(['/', ':']).next().unwrap_or_default();
        host.parse::<Self>()
            .ok()
            .map(|host| format!("write \"{host}\", without scheme, port and path"))
    }
}
