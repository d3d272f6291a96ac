//! `[sound_server]`: serves sounds to a switch on another host.

use std::net::{IpAddr, SocketAddr};
use std::ops::Range;

use ipnet::IpNet;
use serde_spanned::Spanned;
use url::Url;

use super::network::loopback;
use crate::config::file::TomlFile;
use crate::config::table_reader::TableReader;
use crate::config::value::{ParsedText, SpannedList, parsed_items};
use crate::voice::settings::SoundServerSettings;

#[derive(Debug)]
pub(crate) struct SoundServerTable {
    span: Range<usize>,
    listen: Option<Spanned<ParsedText<SocketAddr>>>,
    url: Option<Spanned<String>>,
    allow: Option<SpannedList<ParsedText<IpNet>>>,
}

impl SoundServerTable {
    pub(crate) fn read(mut table: TableReader<'_, '_>) -> Self {
        let sound_server = Self {
            span: table.span.clone(),
            listen: table.require("listen", "write `listen = \"10.0.0.5:8085\"`"),
            url: table.take("url"),
            allow: table.list("allow"),
        };
        table.finish();
        sound_server
    }

    /// `None` after an error.
    pub(crate) fn settings(&self, file: &TomlFile) -> Option<SoundServerSettings> {
        let listen = self.listen.as_ref()?.get_ref().0;
        self.check_allow(file, listen);
        let url = self.url(file, listen)?;
        let allow = parsed_items(self.allow.as_ref()).unwrap_or_else(loopback);
        Some(SoundServerSettings { listen, url, allow })
    }

    fn check_allow(&self, file: &TomlFile, listen: SocketAddr) {
        match &self.allow {
            Some(allow) if allow.get_ref().is_empty() => {
                let help = "name the switch's address, such as \"10.0.0.7\"";
                file.error_with_help(allow.span(), "nobody could fetch a sound", help);
            }
            None if !listen.ip().is_loopback() => {
                let message = "nothing says who may fetch sounds";
                let help = "add `allow = [...]` with the switch's address";
                file.error_with_help(self.span.clone(), message, help);
            }
            _ => {}
        }
    }

    fn url(&self, file: &TomlFile, listen: SocketAddr) -> Option<String> {
        match &self.url {
            Some(given) => url(file, given),
            None if listen.ip().is_unspecified() || listen.port() == 0 => {
                let message = "nothing says how the switch gets here";
                let help = "add `url = \"http://10.0.0.5:8085\"`, as the switch reaches this host";
                file.error_with_help(self.span.clone(), message, help);
                None
            }
            None => Some(format!("http://{listen}")),
        }
    }
}

/// The start of the URL of every sound, without `/` at its end.
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
            // Characters that a switch would read as part of its command.
            && text.bytes().all(|b| b.is_ascii_graphic() && !b",|'\"&{}$\\".contains(&b))
    });
    if url.is_none() {
        let help = "write it as \"http://10.0.0.5:8085\"";
        file.error_with_help(given.span(), "no switch reaches this host by that", help);
    }
    url.map(|_| text.to_owned())
}

fn is_unspecified(url: &Url) -> bool {
    let address = url.host_str().and_then(|host| host.parse().ok());
    address.is_some_and(|address: IpAddr| address.is_unspecified())
}
