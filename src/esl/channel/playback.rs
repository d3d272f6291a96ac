//! The applications that can play a sound, and their arguments.

use tokio::time::Instant;

use crate::channel::{MomentForm, Sound, SwitchTts};
use crate::esl::command::EventUuid;
use crate::esl::quote::EslVariableValue;

/// A sound that was sent to FreeSWITCH.
#[derive(Debug, Clone, Copy)]
pub(super) struct PlayingSound {
    pub(super) execution: EventUuid,
    pub(super) sent: Instant,
}

impl PlayingSound {
    pub(super) fn start(execution: EventUuid) -> Self {
        Self { execution, sent: Instant::now() }
    }
}

/// An application that plays a sound, with its argument before escaping.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Playback {
    pub(super) application: &'static str,
    pub(super) argument: String,
}

impl Playback {
    fn play_file(file: &str) -> Self {
        Self { application: "playback", argument: file.to_owned() }
    }

    fn say(language: &str, method: &str, text: &str) -> Self {
        Self { application: "say", argument: format!("{language} {method} {text}") }
    }
}

/// The language that is tried if FreeSWITCH has no sounds in the channel's language.
const FALLBACK_LANGUAGE: &str = "en";

/// The time zone in which `say` tells the time: a variable with a name of `timezones.conf.xml`, which may not have it,
/// or with seconds east of UTC, except 0 (`en_say_time` in `mod_say_en.c`, and the modules for other languages).
pub(super) const SAY_ZONE: &str = "timezone";
pub(super) const SAY_ZONE_SECONDS: i64 = 1;

/// The applications that may be able to play a sound, in the order in which they are tried. Empty if there is nothing
/// to play, or if FreeSWITCH would not accept the argument.
pub(super) fn playbacks(sound: &Sound, language: &str, prefer_http_cache: bool) -> Vec<Playback> {
    match sound {
        Sound::File(name) | Sound::Named(name) => vec![Playback::play_file(name)],
        Sound::Url(url) => url_playbacks(url, prefer_http_cache),
        Sound::Digits(digits) => say_playbacks("number iterated", digits, language),
        Sound::Letters(letters) => say_playbacks("name_spelled pronounced", letters, language),
        Sound::Moment(moment) => {
            let seconds = moment.clock_seconds - SAY_ZONE_SECONDS;
            say_playbacks(moment_method(moment.form), &seconds.to_string(), language)
        }
        Sound::Tts(text) => speak_playback(text).into_iter().collect(),
    }
}

/// English says 12 hours with `pronounced`. The other modules for languages read it in the way of their language.
fn moment_method(form: MomentForm) -> &'static str {
    match form {
        MomentForm::Date => "current_date pronounced",
        MomentForm::Time => "current_time pronounced",
        MomentForm::DateTime => "current_date_time pronounced",
    }
}

/// `mod_httapi` plays `http://`. `mod_http_cache` does so only if its option `enable-file-formats` is on, which is off
/// by default, but it always plays `http_cache://`. If the module is not loaded, both fail at once with `FILE NOT
/// FOUND`.
fn url_playbacks(url: &str, prefer_http_cache: bool) -> Vec<Playback> {
    let mut playbacks =
        vec![Playback::play_file(url), Playback::play_file(&format!("http_cache://{url}"))];
    if prefer_http_cache {
        playbacks.swap(0, 1);
    }
    playbacks
}

/// `say` splits its argument at spaces, so only letters, digits, `*` and `#` are passed to it.
fn say_playbacks(method: &str, text: &str, language: &str) -> Vec<Playback> {
    let characters: String =
        text.chars().filter(|&c| c.is_ascii_alphanumeric() || matches!(c, '*' | '#')).collect();
    if characters.is_empty() {
        return Vec::new();
    }
    let fallback = (language != FALLBACK_LANGUAGE)
        .then(|| Playback::say(FALLBACK_LANGUAGE, method, &characters));
    [Playback::say(language, method, &characters)].into_iter().chain(fallback).collect()
}

/// `ENGINE|VOICE|TEXT`. Without an engine or a text `speak` hangs the call up (`speak_function` in `mod_dptools.c`).
/// The text is not split, but FreeSWITCH reads parameters from `{…}` at its beginning (`switch_core_speech_feed_tts` in
/// `switch_core_speech.c`), which an [`EslVariableValue`] cannot contain.
fn speak_playback(tts: &SwitchTts) -> Option<Playback> {
    let text = EslVariableValue::sanitize(&tts.text).as_str().replace(['\\', '|'], " ");
    let text = text.trim();
    let is_valid = !tts.engine.is_empty() && !text.is_empty();
    let is_valid = is_valid && is_unsplit(&tts.engine) && is_unsplit(&tts.voice);
    let argument = format!("{}|{}|{text}", tts.engine, tts.voice);
    is_valid.then_some(Playback { application: "speak", argument })
}

/// Whether the name stays unchanged when FreeSWITCH splits the argument at `|` (`switch_separate_string` in
/// `switch_utils.c`).
fn is_unsplit(name: &str) -> bool {
    !name.starts_with('^') && name.chars().all(|c| !"|'\\{}$".contains(c) && !c.is_control())
}

/// The language for `say`, from a channel's language such as `en`, `pt_BR` or `de-AT`.
pub(super) fn say_language(channel: &str) -> String {
    let language = channel.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
    let is_code = language.len() == 2 && language.bytes().all(|byte| byte.is_ascii_lowercase());
    if is_code { language } else { FALLBACK_LANGUAGE.to_owned() }
}
