//! `[sound_server]`: the listener from which a switch on another host fetches sounds.

use std::net::{IpAddr, SocketAddr};
use std::ops::Range;

use serde_spanned::Spanned;
use url::Url;

use super::network::{NetworkList, allowed_networks, check_allow_present};
use super::ports::ListenAddress;
use crate::config::file::TomlFile;
use crate::config::table_reader::TableReader;
use crate::config::value::ParsedText;
use crate::voice::settings::SoundServerSettings;

#[derive(Debug)]
pub(crate) struct SoundServerTable {
    span: Range<usize>,
    listen: Option<Spanned<ParsedText<SocketAddr>>>,
    url: Option<Spanned<String>>,
    allow: Option<NetworkList>,
}

impl SoundServerTable {
    pub(crate) fn read(table: &mut TableReader<'_, '_>) -> Self {
        Self {
            span: table.span.clone(),
            listen: table.require("listen", "write `listen = \"10.0.0.5:8085\"`"),
            url: table.take("url"),
            allow: table.list("allow"),
        }
    }

    pub(crate) fn address(&self) -> Option<ListenAddress> {
        let listen = self.listen.as_ref()?;
        let (address, span) = (listen.get_ref().0, Some(listen.span()));
        Some(ListenAddress { table: "[sound_server]", address, span })
    }

    /// `None` after an error.
    pub(crate) fn settings(&self, file: &TomlFile) -> Option<SoundServerSettings> {
        let listen = self.listen.as_ref()?.get_ref().0;
        let (allow, client) = (self.allow.as_ref(), "the switch");
        check_allow_present(file, self.span.clone(), listen, allow, client);
        let allow = allowed_networks(file, allow, client);
        Some(SoundServerSettings { listen, url: self.url(file, listen)?, allow })
    }

    fn url(&self, file: &TomlFile, listen: SocketAddr) -> Option<String> {
        match &self.url {
            Some(given) => url(file, given),
            None if listen.ip().is_unspecified() || listen.port() == 0 => {
                let message = "`url` is missing: it is required unless `listen` is a specific address and port";
                let help = "add `url = \"http://10.0.0.5:8085\"`, with the address at which the switch \
                            reaches this host";
                file.error_with_help(self.span.clone(), message, help);
                None
            }
            None => Some(format!("http://{listen}")),
        }
    }
}

/// The prefix of the URLs of all sounds, without `/` at the end.
fn url(file: &TomlFile, given: &Spanned<String>) -> Option<String> {
    let text = given.get_ref().trim_end_matches('/');
    let url = Url::parse(text).ok();
    let url = url.filter(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && !is_unspecified(url)
            // These characters have a meaning in the commands of a switch.
            && text.bytes().all(|b| b.is_ascii_graphic() && !b",|'\"&{}$\\".contains(&b))
    });
    if url.is_none() {
        let help = "write it as \"http://10.0.0.5:8085\"";
        file.error_with_help(given.span(), "not a URL at which a switch can reach this host", help);
    }
    url.map(|_| text.to_owned())
}

fn is_unspecified(url: &Url) -> bool {
    let address = url.host_str().and_then(|host| host.parse().ok());
    address.is_some_and(|address: IpAddr| address.is_unspecified())
}
