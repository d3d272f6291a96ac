//! Which settings of the daemon's file can change while the daemon runs.

use super::listener::ListenerSettings;
use super::log::LogSettings;
use super::metrics::MetricsSettings;
use super::settings::DaemonSettings;
use crate::voice::settings::{SoundServerSettings, VoiceSettings};

/// The keys of the daemon's file that a reload found changed, as `[table] key`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChangedKeys {
    /// Those that take effect at once, for new calls.
    pub applied: Vec<&'static str>,
    /// Those that take effect after a restart.
    pub needs_restart: Vec<&'static str>,
}

impl DaemonSettings {
    /// The settings that a daemon with these settings uses after it has read `new`, and the keys that differ. Folders
    /// are not compared if each reload reads them again: those of scripts, sounds and secrets.
    pub fn reload(&self, new: &Self) -> (Self, ChangedKeys) {
        let settings = Self {
            asterisk: listener(&self.asterisk, &new.asterisk),
            freeswitch: listener(&self.freeswitch, &new.freeswitch),
            limits: new.limits.clone(),
            trigger: new.trigger.clone(),
            trigger_defaults: new.trigger_defaults,
            voice: voice(&self.voice, &new.voice),
            log: LogSettings { level: new.log.level, format: self.log.format },
            metrics: metrics(self.metrics.as_ref(), new.metrics.as_ref()),
            ..self.clone()
        };
        let changed = ChangedKeys {
            applied: keys(applied_keys(self, new)),
            needs_restart: keys(restart_keys(self, new)),
        };
        (settings, changed)
    }
}

fn keys(same: impl IntoIterator<Item = (&'static str, bool)>) -> Vec<&'static str> {
    same.into_iter().filter(|(_, is_same)| !is_same).map(|(key, _)| key).collect()
}

/// The keys that take effect at once, and whether they are the same.
fn applied_keys(a: &DaemonSettings, b: &DaemonSettings) -> Vec<(&'static str, bool)> {
    let allow = [
        ("[asterisk] allow", a.asterisk.allow == b.asterisk.allow),
        ("[freeswitch] allow", a.freeswitch.allow == b.freeswitch.allow),
        ("[log] level", a.log.level == b.log.level),
        ("[metrics] allow", same_if_both(&a.metrics, &b.metrics, |table| &table.allow)),
    ];
    let (a_server, b_server) = (&a.voice.sound_server, &b.voice.sound_server);
    let sound_server =
        [("[sound_server] allow", same_if_both(a_server, b_server, |table| &table.allow))];
    let all = [&allow[..], &limit_keys(a, b), &trigger_keys(a, b), &speech_keys(a, b)];
    all.concat().into_iter().chain(sound_server).collect()
}

fn limit_keys(a: &DaemonSettings, b: &DaemonSettings) -> [(&'static str, bool); 4] {
    let (a, b) = (&a.limits, &b.limits);
    [
        ("[asterisk] environment_timeout", a.handshake_timeout == b.handshake_timeout),
        ("[server] max_calls", a.max_calls == b.max_calls),
        ("[server] longest_call", a.longest_call == b.longest_call),
        ("[server] grace", a.grace == b.grace),
    ]
}

fn trigger_keys(a: &DaemonSettings, b: &DaemonSettings) -> [(&'static str, bool); 17] {
    let (a_default, b_default) = (&a.trigger_defaults, &b.trigger_defaults);
    let (a, b) = (&a.trigger, &b.trigger);
    let (a_limits, b_limits) = (&a.upstream_limits, &b.upstream_limits);
    let (a_breaker, b_breaker) = (&a_limits.breaker, &b_limits.breaker);
    let upstreams = (&a_limits.max_concurrent_at, &a.tls_identities);
    let (a_shared, b_shared) = (a.shared_cache.as_ref(), b.shared_cache.as_ref());
    let addresses = (a_shared.map(|c| &c.address), b_shared.map(|c| &c.address));
    let secrets = (a_shared.map(|c| &c.secret), b_shared.map(|c| &c.secret));
    [
        ("[trigger] timeout", a_default.timeout == b_default.timeout),
        ("[trigger] connect_timeout", a.connect_timeout == b.connect_timeout),
        ("[trigger] retry", a_default.retry == b_default.retry),
        ("[trigger] music_after", a_default.music_after == b_default.music_after),
        ("[trigger] max_requests", a.max_requests == b.max_requests),
        ("[trigger] max_per_upstream", a_limits.max_concurrent == b_limits.max_concurrent),
        ("[trigger] proxy", a.proxy == b.proxy),
        ("[trigger] traceparent", a.traceparent == b.traceparent),
        ("[breaker] failures", a_breaker.failure_threshold == b_breaker.failure_threshold),
        ("[breaker] open_for", a_breaker.open_for == b_breaker.open_for),
        ("[cache] max_entries", a.cache.max_entries == b.cache.max_entries),
        ("[cache] max_bytes", a.cache.max_bytes == b.cache.max_bytes),
        ("[cache] shared", addresses.0 == addresses.1),
        ("[cache] shared_secret", secrets.0 == secrets.1),
        ("[egress] allow_hosts", a.allow_hosts == b.allow_hosts),
        ("[egress] allow_networks", a.allow_networks == b.allow_networks),
        ("[upstream]", upstreams == (&b_limits.max_concurrent_at, &b.tls_identities)),
    ]
}

fn speech_keys(a: &DaemonSettings, b: &DaemonSettings) -> [(&'static str, bool); 7] {
    let (a, b) = (&a.voice, &b.voice);
    [
        ("[speech] say", a.default_engine == b.default_engine),
        ("[speech] fallback", a.fallback_engine == b.fallback_engine),
        ("[speech] engines", a.named_engines == b.named_engines),
        ("[speech] listen", a.asr_engine == b.asr_engine),
        ("[speech] timeout", a.timeout == b.timeout),
        ("[speech] at_once", a.max_concurrent == b.max_concurrent),
        ("[speech] cache_bytes", a.max_cache_bytes == b.max_cache_bytes),
    ]
}

/// The keys that take effect after a restart, and whether they are the same.
fn restart_keys(a: &DaemonSettings, b: &DaemonSettings) -> [(&'static str, bool); 12] {
    let (a_voice, b_voice) = (&a.voice, &b.voice);
    let (a_server, b_server) = (a_voice.sound_server.as_ref(), b_voice.sound_server.as_ref());
    // The sound server serves the folder that it has found at its start.
    let same_library = a_server.is_none() || a_voice.library_folder == b_voice.library_folder;
    let metrics_address = |settings: &DaemonSettings| settings.metrics.as_ref().map(|m| m.listen);
    let sound_address = (a_server.map(|s| s.listen), b_server.map(|s| s.listen));
    let sound_url = (a_server.map(|s| &s.url), b_server.map(|s| &s.url));
    [
        ("[asterisk] listen", a.asterisk.listen == b.asterisk.listen),
        ("[freeswitch] listen", a.freeswitch.listen == b.freeswitch.listen),
        ("[folders] cache", a_voice.cache_folder == b_voice.cache_folder),
        ("[folders] recordings", a_voice.recordings_folder == b_voice.recordings_folder),
        ("[folders] sounds", same_library),
        ("[log] format", a.log.format == b.log.format),
        ("[metrics] listen", metrics_address(a) == metrics_address(b)),
        ("[otlp]", a.otlp == b.otlp),
        ("[control] socket", a.control == b.control),
        ("[speech] rate", a_voice.format == b_voice.format),
        ("[sound_server] listen", sound_address.0 == sound_address.1),
        ("[sound_server] url", sound_url.0 == sound_url.1),
    ]
}

/// Compares a key of a table. If only one file has the table, its `listen` differs, and no other key is compared.
fn same_if_both<T, K: PartialEq>(a: &Option<T>, b: &Option<T>, key: impl Fn(&T) -> &K) -> bool {
    a.as_ref().zip(b.as_ref()).is_none_or(|(a, b)| key(a) == key(b))
}

fn listener(running: &ListenerSettings, new: &ListenerSettings) -> ListenerSettings {
    ListenerSettings { allow: new.allow.clone(), ..running.clone() }
}

fn metrics(
    running: Option<&MetricsSettings>,
    new: Option<&MetricsSettings>,
) -> Option<MetricsSettings> {
    let running = running?.clone();
    let allow = new.map_or(running.allow, |new| new.allow.clone());
    Some(MetricsSettings { allow, ..running })
}

fn voice(running: &VoiceSettings, new: &VoiceSettings) -> VoiceSettings {
    VoiceSettings {
        format: running.format,
        cache_folder: running.cache_folder.clone(),
        recordings_folder: running.recordings_folder.clone(),
        library_folder: running.library_folder.clone(),
        sound_server: sound_server(running.sound_server.as_ref(), new.sound_server.as_ref()),
        ..new.clone()
    }
}

fn sound_server(
    running: Option<&SoundServerSettings>,
    new: Option<&SoundServerSettings>,
) -> Option<SoundServerSettings> {
    let running = running?.clone();
    let allow = new.map_or(running.allow, |new| new.allow.clone());
    Some(SoundServerSettings { allow, ..running })
}
