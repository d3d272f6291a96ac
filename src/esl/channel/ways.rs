//! By which application, and with which words, a sound is played. Pure.

use crate::channel::{Sound, Spoken};
use crate::esl::quote::Value;

/// An application that plays a sound, and its argument as the application is to read it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Way {
    pub(super) application: &'static str,
    pub(super) argument: String,
}

impl Way {
    fn playback(file: &str) -> Self {
        Self { application: "playback", argument: file.to_owned() }
    }

    fn say(language: &str, what: &str, text: &str) -> Self {
        Self { application: "say", argument: format!("{language} {what} {text}") }
    }
}

/// What FreeSWITCH has of a language where it has only one.
const ENGLISH: &str = "en";

/// The ways to play a sound in their order: the next one where the one before could not. None where there is nothing
/// to hear, or nothing that FreeSWITCH could take.
pub(super) fn ways(sound: &Sound, language: &str, by_http_cache: bool) -> Vec<Way> {
    match sound {
        Sound::File(name) | Sound::OfSwitch(name) => vec![Way::playback(name)],
        Sound::Served(url) => served(url, by_http_cache),
        Sound::Digits(digits) => said("number iterated", digits, language),
        Sound::Letters(letters) => said("name_spelled pronounced", letters, language),
        Sound::Spoken(text) => spoken(text).into_iter().collect(),
    }
}

/// `mod_httapi` plays `http://`; `mod_http_cache` does where its `enable-file-formats` is on, which it is not as it
/// comes, and `http_cache://` always. Of both FreeSWITCH says `FILE NOT FOUND` at once where the module is not there.
fn served(url: &str, by_http_cache: bool) -> Vec<Way> {
    let mut ways = vec![Way::playback(url), Way::playback(&format!("http_cache://{url}"))];
    if by_http_cache {
        ways.swap(0, 1);
    }
    ways
}

/// `say` splits its argument at spaces: there are none in signs alone.
fn said(what: &str, text: &str, language: &str) -> Vec<Way> {
    let signs: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
    if signs.is_empty() {
        return Vec::new();
    }
    let other = (language != ENGLISH).then(|| Way::say(ENGLISH, what, &signs));
    [Way::say(language, what, &signs)].into_iter().chain(other).collect()
}

/// `ENGINE|VOICE|TEXT`; without an engine or a text `speak` hangs the call up (`speak_function` in `mod_dptools.c`).
/// What stands behind the second `|` is taken as it is, but for `{…}` at its beginning, which are parameters
/// (`switch_core_speech_feed_tts` in `switch_core_speech.c`), and which a [`Value`] has none of.
fn spoken(spoken: &Spoken) -> Option<Way> {
    let text = Value::of(&spoken.text).as_str().replace(['\\', '|'], " ");
    let text = text.trim();
    let fits = !spoken.engine.is_empty() && !text.is_empty();
    let fits = fits && is_plain(&spoken.engine) && is_plain(&spoken.voice);
    let argument = format!("{}|{}|{text}", spoken.engine, spoken.voice);
    fits.then_some(Way { application: "speak", argument })
}

/// Whether the splitting leaves the name as it is (`switch_separate_string` in `switch_utils.c`).
fn is_plain(name: &str) -> bool {
    !name.starts_with('^') && name.chars().all(|c| !"|'\\{}$".contains(c) && !c.is_control())
}

/// The language of `say`, of a channel's such as `en`, `pt_BR` or `de-AT`.
pub(super) fn language(channel: &str) -> String {
    let language = channel.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
    let known = language.len() == 2 && language.bytes().all(|byte| byte.is_ascii_lowercase());
    if known { language } else { ENGLISH.to_owned() }
}
