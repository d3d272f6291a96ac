//! The daemon's file as it was typed.

use std::net::{IpAddr, SocketAddr};
use std::ops::Range;
use std::str::FromStr;

use ipnet::IpNet;
use serde_spanned::Spanned;

use super::speech::{SoundServer, Speech};
use super::upstream::Upstream;
use super::{FromText, List, Parsed, Time, Whole};
use crate::config::section::Section;
use crate::telemetry::LogFormat;
use crate::web::egress::HostPattern;

#[derive(Debug, Default)]
pub(crate) struct Daemon {
    pub(crate) asterisk: Listener,
    pub(crate) freeswitch: Listener,
    pub(crate) folders: Folders,
    pub(crate) server: Server,
    pub(crate) trigger: Trigger,
    pub(crate) breaker: Breaker,
    pub(crate) cache: Cache,
    pub(crate) egress: Egress,
    pub(crate) log: Log,
    pub(crate) metrics: Option<Metrics>,
    pub(crate) control: Control,
    pub(crate) speech: Speech,
    pub(crate) sound_server: Option<SoundServer>,
    pub(crate) upstreams: Vec<Upstream>,
}

#[derive(Debug, Default)]
pub(crate) struct Listener {
    pub(crate) listen: Option<List<Parsed<SocketAddr>>>,
    pub(crate) allow: Option<List<Parsed<IpNet>>>,
    pub(crate) environment_timeout: Option<Spanned<Time>>,
}

#[derive(Debug, Default)]
pub(crate) struct Folders {
    pub(crate) scripts: Option<Spanned<String>>,
    pub(crate) sounds: Option<Spanned<String>>,
    pub(crate) sounds_on_switch: Option<Spanned<String>>,
    pub(crate) secrets: Option<Spanned<String>>,
    pub(crate) cache: Option<Spanned<String>>,
    pub(crate) cache_on_switch: Option<Spanned<String>>,
    pub(crate) recordings: Option<Spanned<String>>,
    pub(crate) recordings_on_switch: Option<Spanned<String>>,
}

#[derive(Debug, Default)]
pub(crate) struct Server {
    pub(crate) grace: Option<Spanned<Time>>,
    pub(crate) max_calls: Option<Spanned<Whole>>,
    pub(crate) longest_call: Option<Spanned<Time>>,
}

#[derive(Debug, Default)]
pub(crate) struct Trigger {
    pub(crate) timeout: Option<Spanned<Time>>,
    pub(crate) connect_timeout: Option<Spanned<Time>>,
    pub(crate) music_after: Option<Spanned<Time>>,
    pub(crate) proxy: Option<Spanned<String>>,
    pub(crate) max_requests: Option<Spanned<Whole>>,
    pub(crate) max_per_upstream: Option<Spanned<Whole>>,
    pub(crate) retry: Option<Spanned<Whole>>,
}

#[derive(Debug, Default)]
pub(crate) struct Breaker {
    pub(crate) failures: Option<Spanned<Whole>>,
    pub(crate) open_for: Option<Spanned<Time>>,
}

#[derive(Debug, Default)]
pub(crate) struct Cache {
    pub(crate) max_entries: Option<Spanned<Whole>>,
    pub(crate) max_bytes: Option<Spanned<Whole>>,
    pub(crate) shared: Option<Spanned<String>>,
    pub(crate) shared_secret: Option<Spanned<String>>,
}

#[derive(Debug, Default)]
pub(crate) struct Egress {
    pub(crate) allow_hosts: Option<List<Parsed<HostPattern>>>,
    pub(crate) allow_networks: Option<List<Parsed<IpNet>>>,
}

#[derive(Debug, Default)]
pub(crate) struct Log {
    pub(crate) level: Option<Spanned<Parsed<tracing::Level>>>,
    pub(crate) format: Option<Spanned<Parsed<LogFormat>>>,
}

#[derive(Debug)]
pub(crate) struct Metrics {
    pub(crate) span: Range<usize>,
    pub(crate) listen: Option<Spanned<Parsed<SocketAddr>>>,
    pub(crate) allow: Option<List<Parsed<IpNet>>>,
}

#[derive(Debug, Default)]
pub(crate) struct Control {
    pub(crate) socket: Option<Spanned<String>>,
}

impl FromText for SocketAddr {
    const EXPECTED: &'static str =
        "an address with its port, such as \"127.0.0.1:4573\" or \"[::1]:4573\"";

    fn from_text(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl FromText for IpNet {
    const EXPECTED: &'static str = "a network such as \"10.0.0.0/8\", or an address";

    fn from_text(text: &str) -> Option<Self> {
        let network = text.parse().ok();
        network.or_else(|| text.parse::<IpAddr>().ok().map(Self::from))
    }
}

impl FromText for HostPattern {
    const EXPECTED: &'static str = "a host such as \"shop.example\" or \"*.shop.example\"";

    fn from_text(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl FromText for tracing::Level {
    const EXPECTED: &'static str = "\"error\", \"warn\", \"info\", \"debug\" or \"trace\"";

    fn from_text(text: &str) -> Option<Self> {
        text.bytes().all(|b| b.is_ascii_lowercase()).then(|| Self::from_str(text).ok()).flatten()
    }
}

impl FromText for LogFormat {
    const EXPECTED: &'static str = "\"text\" or \"json\"";

    fn from_text(text: &str) -> Option<Self> {
        match text {
            "text" => Some(Self::Text),
            "json" => Some(Self::Json),
            _ => None,
        }
    }
}

impl Daemon {
    pub(crate) fn read(mut section: Section<'_, '_>) -> Self {
        let raw = Self {
            asterisk: read(&mut section, "asterisk", Listener::asterisk),
            freeswitch: read(&mut section, "freeswitch", Listener::freeswitch),
            folders: read(&mut section, "folders", Folders::read),
            server: read(&mut section, "server", Server::read),
            trigger: read(&mut section, "trigger", Trigger::read),
            breaker: read(&mut section, "breaker", Breaker::read),
            cache: read(&mut section, "cache", Cache::read),
            egress: read(&mut section, "egress", Egress::read),
            log: read(&mut section, "log", Log::read),
            metrics: section.table("metrics").map(Metrics::read),
            control: read(&mut section, "control", Control::read),
            speech: read(&mut section, "speech", Speech::read),
            sound_server: section.table("sound_server").map(SoundServer::read),
            upstreams: Upstream::all(&mut section),
        };
        section.finish();
        raw
    }
}

/// A table that may be missing: all its keys are then.
fn read<T: Default>(
    of: &mut Section<'_, '_>,
    key: &'static str,
    read: impl FnOnce(&mut Section<'_, '_>) -> T,
) -> T {
    let Some(mut section) = of.table(key) else { return T::default() };
    let raw = read(&mut section);
    section.finish();
    raw
}

impl Listener {
    fn asterisk(section: &mut Section<'_, '_>) -> Self {
        let environment_timeout = section.take("environment_timeout");
        Self { environment_timeout, ..Self::freeswitch(section) }
    }

    fn freeswitch(section: &mut Section<'_, '_>) -> Self {
        Self {
            listen: section.list("listen"),
            allow: section.list("allow"),
            environment_timeout: None,
        }
    }
}

impl Folders {
    fn read(section: &mut Section<'_, '_>) -> Self {
        Self {
            scripts: section.take("scripts"),
            sounds: section.take("sounds"),
            sounds_on_switch: section.take("sounds_on_switch"),
            secrets: section.take("secrets"),
            cache: section.take("cache"),
            cache_on_switch: section.take("cache_on_switch"),
            recordings: section.take("recordings"),
            recordings_on_switch: section.take("recordings_on_switch"),
        }
    }
}

impl Server {
    fn read(section: &mut Section<'_, '_>) -> Self {
        Self {
            grace: section.take("grace"),
            max_calls: section.take("max_calls"),
            longest_call: section.take("longest_call"),
        }
    }
}

impl Trigger {
    fn read(section: &mut Section<'_, '_>) -> Self {
        Self {
            timeout: section.take("timeout"),
            connect_timeout: section.take("connect_timeout"),
            music_after: section.take("music_after"),
            proxy: section.take("proxy"),
            max_requests: section.take("max_requests"),
            max_per_upstream: section.take("max_per_upstream"),
            retry: section.take("retry"),
        }
    }
}

impl Breaker {
    fn read(section: &mut Section<'_, '_>) -> Self {
        Self { failures: section.take("failures"), open_for: section.take("open_for") }
    }
}

impl Cache {
    fn read(section: &mut Section<'_, '_>) -> Self {
        Self {
            max_entries: section.take("max_entries"),
            max_bytes: section.take("max_bytes"),
            shared: section.take("shared"),
            shared_secret: section.take("shared_secret"),
        }
    }
}

impl Egress {
    fn read(section: &mut Section<'_, '_>) -> Self {
        Self {
            allow_hosts: section.list("allow_hosts"),
            allow_networks: section.list("allow_networks"),
        }
    }
}

impl Log {
    fn read(section: &mut Section<'_, '_>) -> Self {
        Self { level: section.take("level"), format: section.take("format") }
    }
}

impl Metrics {
    fn read(mut section: Section<'_, '_>) -> Self {
        let raw = Self {
            span: section.span.clone(),
            listen: section.need("listen", "write `listen = \"127.0.0.1:9464\"`"),
            allow: section.list("allow"),
        };
        section.finish();
        raw
    }
}

impl Control {
    fn read(section: &mut Section<'_, '_>) -> Self {
        Self { socket: section.take("socket") }
    }
}
