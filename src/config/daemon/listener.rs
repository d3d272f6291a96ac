//! `[asterisk]` and `[freeswitch]`: where the switches connect.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use ipnet::IpNet;
use serde_spanned::Spanned;

use super::network::loopback;
use crate::config::bounds::millis;
use crate::config::file::TomlFile;
use crate::config::table_reader::TableReader;
use crate::config::value::{DurationValue, ParsedText, SpannedList, parsed_items};

/// The ports that the documentation of each switch uses.
pub(crate) const ASTERISK_PORT: u16 = 4573;
pub(crate) const FREESWITCH_PORT: u16 = 8084;

#[derive(Debug, Default)]
pub(crate) struct ListenerTable {
    listen: Option<SpannedList<ParsedText<SocketAddr>>>,
    allow: Option<SpannedList<ParsedText<IpNet>>>,
    /// `[asterisk]` only.
    environment_timeout: Option<Spanned<DurationValue>>,
}

/// Where one kind of switch connects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListenerSettings {
    /// The addresses to listen on. Empty: this switch is not served.
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

    /// Where the file names no address, it is `default_port` on loopback.
    pub(crate) fn settings(&self, file: &TomlFile, default_port: u16) -> ListenerSettings {
        self.check_duplicates(file);
        if let Some(allow) = self.allow.as_ref().filter(|allow| allow.get_ref().is_empty()) {
            let help = "name the switch's address, such as \"127.0.0.1\"";
            file.error_with_help(allow.span(), "nobody could connect", help);
        }
        let default = || vec![SocketAddr::from((Ipv4Addr::LOCALHOST, default_port))];
        ListenerSettings {
            listen: parsed_items(self.listen.as_ref()).unwrap_or_else(default),
            allow: parsed_items(self.allow.as_ref()).unwrap_or_else(loopback),
        }
    }

    /// How long Asterisk may take to send its AGI environment.
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
                let label = (first, "it is listened to already".to_owned());
                let message = "an address can be listened to once";
                file.error_with_label(address.span(), message, label);
            }
        }
    }
}
