//! What the caller hears while an answer is awaited, and what keys do then.

use std::time::Duration;

use serde_spanned::Spanned;

use super::scope::Scope;
use crate::config::bounds::secs;
use crate::config::raw::Texts;
use crate::config::raw::waiting::{Keys, Reassure, Waiting};
use crate::script::definition::{HoldMediaTemplate, ReassuranceTemplate};
use crate::script::template::{SpokenPhrase, parse_spoken};

impl Scope<'_> {
    pub(crate) fn music(&self, raw: &Waiting) -> HoldMediaTemplate {
        let after = self.world.trigger.music_after;
        HoldMediaTemplate {
            delay: self.file.time(raw.music_after.as_ref(), secs(0, 10), after),
            music: raw.music.as_ref().map(|music| self.world.sounds.music(self.file, music)),
            reassurance: raw.reassure.as_ref().map(|reassure| self.reassurance(reassure)),
            keep_type_ahead: raw.keys.as_ref().is_some_and(|keys| keys.get_ref().0 == Keys::Keep),
        }
    }

    fn reassurance(&self, raw: &Reassure) -> ReassuranceTemplate {
        if raw.play.is_none() && raw.say.is_none() {
            let help = "add `say = \"One moment, please.\"`, or `play` with a sound";
            self.file.fault_help(raw.span.clone(), "nothing is heard by this", help);
        }
        let mut sounds = self.playlist(raw.play.as_ref(), None);
        for text in raw.say.iter().flat_map(Texts::as_slice).filter(|text| self.is_fixed(text)) {
            sounds.parts.extend(self.spoken(text));
        }
        let every = self.file.time(raw.every.as_ref(), secs(3, 60), Duration::from_secs(10));
        ReassuranceTemplate { every, sounds }
    }

    /// It is made before anybody waits for it.
    fn is_fixed(&self, text: &Spanned<String>) -> bool {
        let mut fixed = true;
        for (at, phrase) in parse_spoken(text.get_ref()).0 {
            if matches!(phrase, SpokenPhrase::Value(..) | SpokenPhrase::SoundUrl(_)) {
                let help = "a reassurance is the same in every call: say the value in the prompt, \
                            or in the outcome";
                let at = self.file.inside(text, at);
                self.file.fault_help(at, "there is no value of the call here", help);
                fixed = false;
            }
        }
        fixed
    }
}
