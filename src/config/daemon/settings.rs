//! What the daemon's file says, as the settings that the parts of the daemon take.

use std::path::PathBuf;

use super::listener::ListenerSettings;
use super::log::LogSettings;
use super::metrics::MetricsSettings;
use crate::config::script::context::TriggerDefaults;
use crate::server;
use crate::trigger;
use crate::voice;

/// The settings of the daemon's file.
#[derive(Debug)]
pub struct DaemonSettings {
    /// Where Asterisk connects (FastAGI).
    pub asterisk: ListenerSettings,
    /// Where FreeSWITCH connects (outbound Event Socket).
    pub freeswitch: ListenerSettings,
    /// How many calls there may be, and how long they may take.
    pub limits: server::ServerLimits,
    /// The requests of all scripts.
    pub trigger: trigger::TriggerSettings,
    /// What holds for a request where its script does not say it.
    pub trigger_defaults: TriggerDefaults,
    /// Text-to-speech, speech recognition and sounds.
    pub voice: voice::settings::VoiceSettings,
    /// What is logged, and in which format.
    pub log: LogSettings,
    /// Where metrics are read; `None` where they are not.
    pub metrics: Option<MetricsSettings>,
    /// The path of the control socket; `None` where there is none.
    pub control: Option<PathBuf>,
}

impl DaemonSettings {
    /// The tables that differ in `other`. A running daemon takes none of them over without a restart. Of `[folders]` those
    /// of scripts, sounds and secrets are left out: they are read at each load.
    pub fn changed_tables(&self, other: &Self) -> impl Iterator<Item = &'static str> {
        let ((call, trigger), (other_call, other_trigger)) =
            ((&self.limits, &self.trigger), (&other.limits, &other.trigger));
        let (at, other_at) = (&trigger.upstream_limits, &other_trigger.upstream_limits);
        let same = [
            ("[asterisk]", self.asterisk == other.asterisk),
            ("[asterisk]", call.handshake_timeout == other_call.handshake_timeout),
            ("[freeswitch]", self.freeswitch == other.freeswitch),
            ("[server]", server_keys(call) == server_keys(other_call)),
            ("[trigger]", self.trigger_keys() == other.trigger_keys()),
            ("[breaker]", at.breaker == other_at.breaker),
            ("[cache]", cache_keys(trigger) == cache_keys(other_trigger)),
            ("[upstream]", upstream_keys(trigger) == upstream_keys(other_trigger)),
            ("[egress]", egress_keys(trigger) == egress_keys(other_trigger)),
            ("[log]", self.log == other.log),
            ("[metrics]", self.metrics == other.metrics),
            ("[control]", self.control == other.control),
            ("[folders]", folder_keys(&self.voice) == folder_keys(&other.voice)),
            ("[speech]", speech_keys(&self.voice) == speech_keys(&other.voice)),
            ("[sound_server]", self.voice.sound_server == other.voice.sound_server),
        ];
        same.into_iter().filter(|(_, same)| !same).map(|(table, _)| table)
    }

    fn trigger_keys(&self) -> impl PartialEq {
        let Self { trigger, trigger_defaults, .. } = self;
        let limits = (trigger.max_requests, trigger.upstream_limits.max_concurrent);
        (trigger.connect_timeout, &trigger.proxy, limits, trigger_defaults)
    }
}

fn server_keys(limits: &server::ServerLimits) -> impl PartialEq {
    (limits.max_calls, limits.longest_call, limits.grace)
}

fn cache_keys(settings: &trigger::TriggerSettings) -> impl PartialEq {
    (settings.cache, &settings.shared_cache)
}

fn upstream_keys(settings: &trigger::TriggerSettings) -> impl PartialEq {
    (&settings.upstream_limits.max_concurrent_at, &settings.tls_identities)
}

fn egress_keys(settings: &trigger::TriggerSettings) -> impl PartialEq {
    (&settings.allow_hosts, &settings.allow_networks)
}

fn folder_keys(voice: &voice::settings::VoiceSettings) -> impl PartialEq {
    (&voice.cache_folder, &voice.recordings_folder)
}

fn speech_keys(voice: &voice::settings::VoiceSettings) -> impl PartialEq {
    let engines =
        (&voice.default_engine, &voice.fallback_engine, &voice.named_engines, &voice.asr_engine);
    (engines, voice.timeout, voice.max_concurrent, voice.format, voice.max_cache_bytes)
}
