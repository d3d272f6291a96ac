//! `[asterisk]` and `[freeswitch]`: the listeners for the switches.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use ipnet::IpNet;
use serde_spanned::Spanned;

use super::network::{NetworkList, allowed_networks};
use crate::config::bounds::millis;
use crate::config::file::TomlFile;
use crate::config::table_reader::TableReader;
use crate::config::value::{DurationValue, ParsedText, SpannedList, parsed_items};

/// The ports in the documentation of the switches.
pub(crate) const ASTERISK_PORT: u16 = 4573;
pub(crate) const FREESWITCH_PORT: u16 = 8084;

#[derive(Debug, Default)]
pub(crate) struct ListenerTable {
    listen: Option<SpannedList<ParsedText<SocketAddr>>>,
    allow: Option<NetworkList>,
    /// `[asterisk]` only.
    environment_timeout: Option<Spanned<DurationValue>>,
}

/// The listener for one type of switch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListenerSettings {
    /// The addresses to listen on. Without any, this type of switch is not served.
    pub listen: Vec<SocketAddr>,
    /// Networks that may connect.
    pub allow: Vec<IpNet>,
}

impl ListenerTable {
    pub(crate) fn read_asterisk(table: &mut TableReader<'_, '_>) -> Self {
        let environment_timeout = table.take("environment_timeout");
        Self { environment_timeout, ..Self::read_freeswitch(table) }
    }

    pub(crate) fn read_freeswitch(table: &mut TableReader<'_, '_>) -> Self {
        Self { listen: table.list("listen"), allow: table.list("allow"), environment_timeout: None }
    }

    /// `default_port` on loopback is the default of `listen`.
    pub(crate) fn settings(&self, file: &TomlFile, default_port: u16) -> ListenerSettings {
        self.check_duplicates(file);
        let default = || vec![SocketAddr::from((Ipv4Addr::LOCALHOST, default_port))];
        ListenerSettings {
            listen: parsed_items(self.listen.as_ref()).unwrap_or_else(default),
            allow: allowed_networks(file, self.allow.as_ref(), "the switch"),
        }
    }

    /// The time in which Asterisk must send its AGI environment.
    pub(crate) fn environment_timeout(&self, file: &TomlFile) -> Duration {
        let given = self.environment_timeout.as_ref();
        file.duration(given, millis(100, 60_000), Duration::from_secs(5))
    }

    /// An empty list turns the listener off.
    pub(crate) fn is_served(&self) -> bool {
        self.listen.as_ref().is_none_or(|addresses| !addresses.get_ref().is_empty())
    }

    fn check_duplicates(&self, file: &TomlFile) {
        let mut addresses = HashMap::new();
        for address in self.listen.iter().flat_map(Spanned::get_ref) {
            if let Some(first) = addresses.insert(address.get_ref().0, address.span()) {
                let label = (first, "first listed here".to_owned());
                let message = "this address is listed twice";
                file.error_with_label(address.span(), message, label);
            }
        }
    }
}
