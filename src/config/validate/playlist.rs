//! What callers hear: sounds by `play`, texts by `say`.

use std::ops::Range;

use serde_spanned::Spanned;

use super::scope::Scope;
use crate::config::raw::Texts;
use crate::script::definition::{Playlist, PromptPart};
use crate::script::template::{SpokenPhrase, parse_spoken};

/// Most characters of a text: the services that speak take about as many at once.
const MOST: usize = 4000;

impl Scope<'_> {
    /// `play` is heard first, then `say`.
    pub(crate) fn playlist(&self, play: Option<&Texts>, say: Option<&Texts>) -> Playlist {
        let sounds = &self.world.sounds;
        let play = play.into_iter().flat_map(Texts::as_slice);
        let play = play.filter_map(|name| sounds.part(self.file, name.get_ref(), name.span()));
        let say = say.into_iter().flat_map(Texts::as_slice).flat_map(|text| self.spoken(text));
        Playlist { parts: play.chain(say).collect() }
    }

    pub(super) fn spoken(&self, text: &Spanned<String>) -> Vec<PromptPart> {
        let (phrases, problems) = parse_spoken(text.get_ref());
        if phrases.is_empty() && problems.is_empty() {
            let help = "write what is said, or take the line out";
            self.file.fault_help(text.span(), "this says nothing", help);
        }
        if text.get_ref().chars().count() > MOST {
            let help = format!("say it in a list of texts, each of {MOST} characters at the most");
            self.file.fault_help(text.span(), "this text is too long", help);
        }
        for problem in problems {
            let at = self.file.inside(text, problem.range);
            self.file.push(at, problem.message, problem.help, None);
        }
        let parts: Vec<_> = phrases
            .into_iter()
            .filter_map(|(at, phrase)| self.heard(phrase, self.file.inside(text, at)))
            .collect();
        self.check_spoken(text, &parts);
        parts
    }

    fn heard(&self, phrase: SpokenPhrase, at: Range<usize>) -> Option<PromptPart> {
        match phrase {
            SpokenPhrase::Text(text) => Some(PromptPart::Text(text.into())),
            SpokenPhrase::Value(placeholder, how) => {
                self.check(&placeholder, at);
                Some(PromptPart::Value(placeholder, how))
            }
            SpokenPhrase::Sound(name) => self.world.sounds.part(self.file, &name, at),
            SpokenPhrase::SoundUrl(placeholder) => {
                self.check_host(at.clone());
                self.check(&placeholder, at);
                Some(PromptPart::UrlValue(placeholder))
            }
        }
    }

    /// Whether anything can speak it.
    fn check_spoken(&self, text: &Spanned<String>, parts: &[PromptPart]) {
        let voice = &self.world.voice;
        let named = self.raw.voice.as_ref().is_some_and(|voice| voice.engine.is_some());
        let speaks = named || voice.default_engine.is_some();
        if !speaks
            && parts.iter().any(|part| matches!(part, PromptPart::Text(_) | PromptPart::Value(..)))
        {
            let help = "install espeak-ng, or name an engine by `say` in [speech] of the daemon's \
                        file";
            self.file.warn(text.span(), "nothing here can speak this", help);
        }
    }
}
