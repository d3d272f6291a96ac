//! What callers hear: sounds by `play`, texts by `say`.

use std::ops::Range;

use serde_spanned::Spanned;

use super::scope::Scope;
use crate::config::value::TextOrList;
use crate::script::definition::{Part, Playlist};
use crate::script::template::{Phrase, read_spoken};

/// Most characters of a text: the services that speak take about as many at once.
const MOST: usize = 4000;

impl Scope<'_> {
    /// `play` is heard first, then `say`.
    pub(crate) fn playlist(&self, play: Option<&TextOrList>, say: Option<&TextOrList>) -> Playlist {
        let sounds = &self.load.sounds;
        let play = play.into_iter().flat_map(TextOrList::as_slice);
        let play = play.filter_map(|name| sounds.part(self.file, name.get_ref(), name.span()));
        let say = say.into_iter().flat_map(TextOrList::as_slice).flat_map(|text| self.spoken(text));
        Playlist { parts: play.chain(say).collect() }
    }

    pub(super) fn spoken(&self, text: &Spanned<String>) -> Vec<Part> {
        let (phrases, problems) = read_spoken(text.get_ref());
        if phrases.is_empty() && problems.is_empty() {
            let help = "write what is said, or take the line out";
            self.file.error_with_help(text.span(), "this says nothing", help);
        }
        if text.get_ref().chars().count() > MOST {
            let help = format!("say it in a list of texts, each of {MOST} characters at the most");
            self.file.error_with_help(text.span(), "this text is too long", help);
        }
        for problem in problems {
            let at = self.file.span_in(text, problem.at);
            self.file.report(at, problem.what, problem.help, None);
        }
        let parts: Vec<_> = phrases
            .into_iter()
            .filter_map(|(at, phrase)| self.heard(phrase, self.file.span_in(text, at)))
            .collect();
        self.check_spoken(text, &parts);
        parts
    }

    fn heard(&self, phrase: Phrase, at: Range<usize>) -> Option<Part> {
        match phrase {
            Phrase::Text(text) => Some(Part::Text(text.into())),
            Phrase::Value(placeholder, how) => {
                self.check(&placeholder, at);
                Some(Part::Value(placeholder, how))
            }
            Phrase::Sound(name) => self.load.sounds.part(self.file, &name, at),
            Phrase::SoundAt(placeholder) => {
                self.check_host(at.clone());
                self.check(&placeholder, at);
                Some(Part::UrlOf(placeholder))
            }
        }
    }

    /// Whether anything can speak it.
    fn check_spoken(&self, text: &Spanned<String>, parts: &[Part]) {
        let named = self.raw.voice.as_ref().is_some_and(|voice| voice.engine.is_some());
        let speaks = named || self.load.has_tts;
        if !speaks && parts.iter().any(|part| matches!(part, Part::Text(_) | Part::Value(..))) {
            let help = "install espeak-ng, or name an engine by `say` in [speech] of the daemon's \
                        file";
            self.file.warn(text.span(), "nothing here can speak this", help);
        }
    }
}
