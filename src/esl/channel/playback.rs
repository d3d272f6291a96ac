//! By which application, and with which words, a sound is played. Pure.

use crate::channel::{Sound, SwitchTts};
use crate::esl::quote::EslVariableValue;

/// An application that plays a sound, and its argument as the application is to read it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Playback {
    pub(super) application: &'static str,
    pub(super) argument: String,
}

impl Playback {
    fn play_file(file: &str) -> Self {
        Self { application: "playback", argument: file.to_owned() }
    }

    fn say(language: &str, what: &str, text: &str) -> Self {
        Self { application: "say", argument: format!("{language} {what} {text}") }
    }
}

/// What FreeSWITCH has of a language where it has only one.
const FALLBACK_LANGUAGE: &str = "en";

/// The ways to play a sound in their order: the next one where the one before could not. None where there is nothing
/// to hear, or nothing that FreeSWITCH could take.
pub(super) fn playbacks(sound: &Sound, language: &str, by_http_cache: bool) -> Vec<Playback> {
    match sound {
        Sound::File(name) | Sound::Named(name) => vec![Playback::play_file(name)],
        Sound::Url(url) => url_playbacks(url, by_http_cache),
        Sound::Digits(digits) => say_playbacks("number iterated", digits, language),
        Sound::Letters(letters) => say_playbacks("name_spelled pronounced", letters, language),
        Sound::Tts(text) => speak_playback(text).into_iter().collect(),
    }
}

/// `mod_httapi` plays `http://`; `mod_http_cache` does where its `enable-file-formats` is on, which it is not as it
/// comes, and `http_cache://` always. Of both FreeSWITCH says `FILE NOT FOUND` at once where the module is not there.
fn url_playbacks(url: &str, by_http_cache: bool) -> Vec<Playback> {
    let mut ways =
        vec![Playback::play_file(url), Playback::play_file(&format!("http_cache://{url}"))];
    if by_http_cache {
        ways.swap(0, 1);
    }
    ways
}

/// `say` splits its argument at spaces: there are none in signs alone.
fn say_playbacks(what: &str, text: &str, language: &str) -> Vec<Playback> {
    let signs: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
    if signs.is_empty() {
        return Vec::new();
    }
    let other =
        (language != FALLBACK_LANGUAGE).then(|| Playback::say(FALLBACK_LANGUAGE, what, &signs));
    [Playback::say(language, what, &signs)].into_iter().chain(other).collect()
}

/// `ENGINE|VOICE|TEXT`; without an engine or a text `speak` hangs the call up (`speak_function` in `mod_dptools.c`).
/// What stands behind the second `|` is taken as it is, but for `{…}` at its beginning, which are parameters
/// (`switch_core_speech_feed_tts` in `switch_core_speech.c`), and which a [`EslVariableValue`] has none of.
fn speak_playback(spoken: &SwitchTts) -> Option<Playback> {
    let text = EslVariableValue::sanitize(&spoken.text).as_str().replace(['\\', '|'], " ");
    let text = text.trim();
    let fits = !spoken.engine.is_empty() && !text.is_empty();
    let fits = fits && is_unsplit(&spoken.engine) && is_unsplit(&spoken.voice);
    let argument = format!("{}|{}|{text}", spoken.engine, spoken.voice);
    fits.then_some(Playback { application: "speak", argument })
}

/// Whether the splitting leaves the name as it is (`switch_separate_string` in `switch_utils.c`).
fn is_unsplit(name: &str) -> bool {
    !name.starts_with('^') && name.chars().all(|c| !"|'\\{}$".contains(c) && !c.is_control())
}

/// The language of `say`, of a channel's such as `en`, `pt_BR` or `de-AT`.
pub(super) fn say_language(channel: &str) -> String {
    let language = channel.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
    let known = language.len() == 2 && language.bytes().all(|byte| byte.is_ascii_lowercase());
    if known { language } else { FALLBACK_LANGUAGE.to_owned() }
}
