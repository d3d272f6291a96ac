//! What the daemon's file means.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use url::Url;

use super::fault::Warnings;
use crate::script::definition::ScriptLibrary;
use crate::telemetry::LogFormat;
use crate::trigger::circuit_breaker::CircuitBreakerSettings;
use crate::trigger::shared_cache;
use crate::voice;
use crate::web::egress::HostPattern;
use crate::web::host_port::HostPort;
use crate::web::tls::TlsIdentity;

/// Everything that the daemon runs by: its own file and all scripts.
#[derive(Debug)]
pub struct Config {
    /// FastAGI.
    pub asterisk: Listener,
    /// How long Asterisk may take to send its environment.
    pub environment_timeout: Duration,
    /// Outbound Event Socket.
    pub freeswitch: Listener,
    /// The daemon and its calls.
    pub server: Server,
    /// Requests.
    pub trigger: Trigger,
    /// When a web application that fails is left alone.
    pub breaker: CircuitBreakerSettings,
    /// Kept answers.
    pub cache: Cache,
    /// Web applications that have rules of their own.
    pub upstreams: Vec<Upstream>,
    /// What requests may reach.
    pub egress: Egress,
    /// What is told of all this.
    pub log: Log,
    /// What Prometheus reads; `None` where nobody does.
    pub metrics: Option<Metrics>,
    /// The socket by which a running daemon is asked; `None` where there is none.
    pub control: Option<PathBuf>,
    /// Texts spoken, speech understood.
    pub voice: voice::settings::VoiceSettings,
    /// The scripts and their secrets.
    pub library: Arc<ScriptLibrary>,
    /// What will not work as it is, and stops nothing else.
    pub warnings: Warnings,
}

impl Config {
    /// The sections that another one has otherwise, scripts aside: what a running daemon does not take over.
    pub fn differs_from(&self, other: &Self) -> impl Iterator<Item = &'static str> {
        let same = [
            ("[asterisk]", self.asterisk == other.asterisk),
            ("[asterisk]", self.environment_timeout == other.environment_timeout),
            ("[freeswitch]", self.freeswitch == other.freeswitch),
            ("[server]", self.server == other.server),
            ("[trigger]", self.trigger == other.trigger),
            ("[breaker]", self.breaker == other.breaker),
            ("[cache]", self.cache == other.cache),
            ("[upstream]", self.upstreams == other.upstreams),
            ("[egress]", self.egress == other.egress),
            ("[log]", self.log == other.log),
            ("[metrics]", self.metrics == other.metrics),
            ("[control]", self.control == other.control),
            ("[folders]", made(&self.voice) == made(&other.voice)),
            ("[speech]", speech(&self.voice) == speech(&other.voice)),
            ("[sound_server]", self.voice.sound_server == other.voice.sound_server),
        ];
        same.into_iter().filter(|(_, same)| !same).map(|(section, _)| section)
    }
}

/// The folders of what is made; those of scripts, sounds and secrets are read again at each load.
fn made(voice: &voice::settings::VoiceSettings) -> impl PartialEq {
    (voice.cache_folder.clone(), voice.recordings_folder.clone())
}

/// All that stands in `[speech]`.
fn speech(voice: &voice::settings::VoiceSettings) -> impl PartialEq {
    let engines =
        (&voice.default_engine, &voice.fallback_engine, &voice.named_engines, &voice.asr_engine);
    (engines, voice.timeout, voice.max_concurrent, voice.format, voice.max_cache_bytes)
}

/// Where a switch connects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listener {
    /// Addresses.
    pub listen: Vec<SocketAddr>,
    /// Who may connect.
    pub allow: Vec<IpNet>,
}

/// The daemon and its calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// What calls under way get when the daemon is stopped.
    pub grace: Duration,
    /// Most calls at once.
    pub max_calls: usize,
    /// After this a call is handed back.
    pub longest_call: Duration,
}

/// What all requests have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trigger {
    /// For the whole answer, unless the script says otherwise.
    pub timeout: Duration,
    /// For the connection.
    pub connect_timeout: Duration,
    /// Silence before music starts.
    pub music_after: Duration,
    /// What requests go through; none unless it is named here.
    pub proxy: Option<Proxy>,
    /// Most requests at once, and as many in the background.
    pub max_requests: usize,
    /// Most requests at once to one web application.
    pub max_per_upstream: usize,
    /// How often a GET is tried again, unless the script says otherwise.
    pub retry: u32,
}

/// What requests go through. Its `Debug` shows no password.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy(pub Url);

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, host) = (self.0.scheme(), self.0.host_str().unwrap_or_default());
        write!(f, "{scheme}://{host}")?;
        self.0.port().iter().try_for_each(|port| write!(f, ":{port}"))
    }
}

/// A web application that has rules of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upstream {
    /// Its host, or one port of it.
    pub place: HostPort,
    /// Whom we trust there and who we are, where that is not as everywhere.
    pub identity: Option<Arc<TlsIdentity>>,
    /// Most requests at once, where that is not as everywhere.
    pub max_requests: Option<usize>,
}

/// Kept answers: their bounds, and with whom they are shared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cache {
    /// Most answers.
    pub max_entries: usize,
    /// Most bytes of all of them.
    pub max_bytes: usize,
    /// The server by which several daemons share them.
    pub shared: Option<shared_cache::SharedCacheSettings>,
}

/// What requests may reach beyond the hosts that the script files name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Egress {
    /// Hosts that an answer or a placeholder may decide.
    pub allow_hosts: Vec<HostPattern>,
    /// Private, loopback and link-local networks that may be reached at all.
    pub allow_networks: Vec<IpNet>,
}

/// Where the daemon's counts are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metrics {
    /// The address.
    pub listen: SocketAddr,
    /// Who may connect.
    pub allow: Vec<IpNet>,
}

/// What is told, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// From which weight on.
    pub level: tracing::Level,
    /// For people or for programs.
    pub format: LogFormat,
}
