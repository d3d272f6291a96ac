//! `[egress]`: hosts and networks that requests may reach besides the hosts in the files.

use ipnet::IpNet;

use super::network::{NetworkList, warn_of_host_bits};
use crate::config::file::TomlFile;
use crate::config::table_reader::TableReader;
use crate::config::value::{FromText, ParsedText, SpannedList, parsed_items};
use crate::web::egress::HostPattern;

/// Top-level domains of private networks (RFC 6762, appendix G; RFC 6761).
const PRIVATE_DOMAINS: [&str; 9] =
    ["corp", "home", "internal", "intranet", "lan", "local", "localhost", "private", "test"];

/// Below the domain of a country, names that many countries use for public registrations.
const SECOND_LEVEL_DOMAINS: [&str; 7] = ["ac", "co", "com", "edu", "gov", "net", "org"];

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

    pub(crate) fn allow_hosts(&self, file: &TomlFile) -> Vec<HostPattern> {
        warn_of_public_suffixes(file, self.allow_hosts.as_ref());
        parsed_items(self.allow_hosts.as_ref()).unwrap_or_default()
    }

    pub(crate) fn allow_networks(&self, file: &TomlFile) -> Vec<IpNet> {
        warn_of_host_bits(file, self.allow_networks.as_ref());
        parsed_items(self.allow_networks.as_ref()).unwrap_or_default()
    }
}

/// Warns of `*.com` and the like: everybody can register a host there.
fn warn_of_public_suffixes(file: &TomlFile, hosts: Option<&SpannedList<ParsedText<HostPattern>>>) {
    for host in hosts.into_iter().flat_map(|list| list.get_ref()) {
        let pattern = host.get_ref().0.to_string();
        let suffix = pattern.strip_prefix("*.").filter(|domain| is_public_suffix(domain));
        if let Some(suffix) = suffix {
            let message =
                format!("`{pattern}` allows every host under `{suffix}`, whoever owns it");
            let help = format!("name your own domain, such as \"*.shop.{suffix}\"");
            file.warn(host.span(), message, help);
        }
    }
}

/// Whether everybody can register names in a domain: a top-level domain, or one such as `co.uk`. This is not the whole
/// public suffix list: it only has to find mistakes.
fn is_public_suffix(domain: &str) -> bool {
    match domain.split_once('.') {
        None => !PRIVATE_DOMAINS.contains(&domain),
        Some((second_level, country)) => {
            country.len() == 2 && SECOND_LEVEL_DOMAINS.contains(&second_level)
        }
    }
}

impl FromText for HostPattern {
    const EXPECTED: &'static str = "a host such as \"shop.example\" or \"*.shop.example\"";

    fn from_text(text: &str) -> Option<Self> {
        text.parse().ok()
    }

    fn suggestion(text: &str) -> Option<String> {
        if text.starts_with('*') && text.chars().all(|c| matches!(c, '*' | '.')) {
            let help = "all hosts together cannot be allowed; name each one, or your own domain";
            return Some(help.to_owned());
        }
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
