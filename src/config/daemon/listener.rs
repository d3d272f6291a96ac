//! `[asterisk]` and `[freeswitch]`: the listeners for the switches.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use ipnet::IpNet;
use serde_spanned::Spanned;

use super::network::{NetworkList, allowed_networks};
use super::ports::ListenAddress;
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
    /// The addresses to listen on. If there are none, the daemon does not accept calls from this type of switch.
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
        let help = "the addresses are `listen`, a list such as `listen = [\"127.0.0.1:4573\"]`";
        table.explain(&["port", "host", "address", "bind", "ip"], help);
        let help = "there is no password: `allow` says who may connect";
        table.explain(&["password", "secret", "user"], help);
        Self { listen: table.list("listen"), allow: table.list("allow"), environment_timeout: None }
    }

    /// `default_port` on loopback is the default of `listen`.
    pub(crate) fn settings(&self, file: &TomlFile, default_port: u16) -> ListenerSettings {
        ListenerSettings {
            listen: parsed_items(self.listen.as_ref())
                .unwrap_or_else(|| default_listen(default_port)),
            allow: allowed_networks(file, self.allow.as_ref(), "the switch"),
        }
    }

    /// The time in which Asterisk must send its AGI environment.
    pub(crate) fn environment_timeout(&self, file: &TomlFile) -> Duration {
        let given = self.environment_timeout.as_ref();
        file.duration(given, millis(100, 60_000), Duration::from_secs(5))
    }

    /// Whether the daemon accepts calls from this type of switch. An empty list turns the listener off.
    pub(crate) fn is_served(&self) -> bool {
        self.listen.as_ref().is_none_or(|addresses| !addresses.get_ref().is_empty())
    }

    /// The addresses with their positions. `table` is the title of this table.
    pub(crate) fn addresses(&self, table: &'static str, default_port: u16) -> Vec<ListenAddress> {
        let Some(listen) = &self.listen else {
            let default = default_listen(default_port).into_iter();
            return default.map(|address| ListenAddress { table, address, span: None }).collect();
        };
        let given = listen.get_ref().iter();
        let address = |item: &Spanned<ParsedText<SocketAddr>>| ListenAddress {
            table,
            address: item.get_ref().0,
            span: Some(item.span()),
        };
        given.map(address).collect()
    }
}

fn default_listen(port: u16) -> Vec<SocketAddr> {
    vec![SocketAddr::from((Ipv4Addr::LOCALHOST, port))]
}
