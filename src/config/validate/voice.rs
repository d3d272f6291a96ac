//! How the daemon speaks and listens.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use serde_spanned::Spanned;
use url::Url;

use super::daemon::{list, loopback, size};
use super::engine::{Engines, is_there, named};
use crate::config::bounds::millis;
use crate::config::folders::Folders;
use crate::config::raw::daemon::Daemon as Raw;
use crate::config::raw::{Whole, speech as raw};
use crate::script::voice::SpeakingRate;
use crate::voice::settings::{
    EngineProgram, SoundFormat, SoundServerSettings, TtsBackend, TtsEngine, VoiceSettings,
};

/// What all engines have in common, and where their sounds lie.
pub(crate) fn settings(engines: Engines<'_>, raw: &Raw, folders: &Folders) -> VoiceSettings {
    let file = engines.file;
    let speech = &raw.speech;
    let further = speech.engines.iter().filter_map(|(name, engine)| {
        let engine = engines.say(name.get_ref(), engine);
        let name = super::name::name(file, Some(name))?;
        Some((name.to_string(), engine?))
    });
    let fallback = speech.fallback.as_ref().and_then(|given| engines.say("fallback", given));
    VoiceSettings {
        default_engine: match &speech.say {
            Some(say) => engines.say("say", say),
            None if is_there(ESPEAK) => Some(Arc::new(espeak())),
            None => fallback.clone(),
        },
        fallback_engine: fallback,
        named_engines: further.collect(),
        asr_engine: speech.listen.as_ref().and_then(|listen| engines.listen(listen)),
        timeout: file.time(speech.timeout.as_ref(), millis(100, 60_000), Duration::from_secs(5)),
        max_concurrent: size(file.number(speech.at_once.as_ref(), 1..=64, 4)),
        format: format(engines, raw),
        cache_folder: folders.cache.clone(),
        max_cache_bytes: file.number(speech.cache_bytes.as_ref(), 1 << 20..=1 << 40, 256 << 20),
        recordings_folder: folders.recordings.clone(),
        library_folder: folders.library(),
        sound_server: raw.sound_server.as_ref().and_then(|server| sound_server(engines, server)),
    }
}

const ESPEAK: &str = "espeak-ng";

/// Speaks where no engine is named.
fn espeak() -> TtsEngine {
    let arguments = ["--stdin", "-v", "{voice}", "-s", "{wpm}", "-w", "{out}"];
    TtsEngine {
        name: named("say", ESPEAK),
        backend: TtsBackend::Command(EngineProgram {
            executable: ESPEAK.to_owned(),
            arguments: arguments.map(str::to_owned).to_vec(),
        }),
        voice: None,
        language: "en".into(),
        speed: SpeakingRate::default(),
    }
}

/// Asterisk takes a file of 16 kHz only by another extension, and has the one of 8 kHz for narrow channels.
fn format(engines: Engines<'_>, raw: &Raw) -> SoundFormat {
    let Some(rate) = &raw.speech.rate else { return SoundFormat::Narrow };
    let no_asterisk =
        raw.asterisk.listen.as_ref().is_some_and(|addresses| addresses.get_ref().is_empty());
    match (rate.get_ref(), no_asterisk) {
        (Whole(8000), _) => SoundFormat::Narrow,
        (Whole(16000), true) => SoundFormat::Wide,
        (Whole(16000), false) => SoundFormat::Both,
        _ => {
            engines.file.fault_help(rate.span(), "no such rate", "write 8000 or 16000");
            SoundFormat::Narrow
        }
    }
}

fn sound_server(engines: Engines<'_>, raw: &raw::SoundServer) -> Option<SoundServerSettings> {
    let file = engines.file;
    let listen = raw.listen.as_ref()?.get_ref().0;
    let is_open = !listen.ip().is_loopback();
    match &raw.allow {
        Some(allow) if allow.get_ref().is_empty() => {
            let help = "name the switch's address, such as \"10.0.0.7\"";
            file.fault_help(allow.span(), "nobody could fetch a sound", help);
        }
        None if is_open => {
            let help = "add `allow = [...]` with the switch's address";
            file.fault_help(raw.span.clone(), "nothing says who may fetch sounds", help);
        }
        _ => {}
    }
    let url = match &raw.url {
        Some(url) => server_url(engines, url)?,
        None if listen.ip().is_unspecified() || listen.port() == 0 => {
            let help = "add `url = \"http://10.0.0.5:8085\"`, as the switch reaches this host";
            file.fault_help(raw.span.clone(), "nothing says how the switch gets here", help);
            return None;
        }
        None => format!("http://{listen}"),
    };
    let allow = list(raw.allow.as_ref()).unwrap_or_else(loopback);
    Some(SoundServerSettings { listen, url, allow })
}

/// Switches fetch by plain HTTP from us.
fn server_url(engines: Engines<'_>, given: &Spanned<String>) -> Option<String> {
    let text = given.get_ref().trim_end_matches('/');
    let url = Url::parse(text).ok();
    let url = url.filter(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.host_str().is_none_or(|host| {
                !host.parse().is_ok_and(|address: IpAddr| address.is_unspecified())
            })
            && text.bytes().all(|b| b.is_ascii_graphic() && !b",|'\"&{}$\\".contains(&b))
    });
    if url.is_none() {
        let help = "write it as \"http://10.0.0.5:8085\"";
        engines.file.fault_help(given.span(), "no switch reaches this host by that", help);
    }
    url.map(|_| text.to_owned())
}
