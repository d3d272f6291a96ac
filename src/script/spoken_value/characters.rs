//! A value that is spoken character by character.

use super::key_name::key_name;
use super::{SpokenLocale, SpokenPart, whole};
use crate::script::spelling::{MAX_SPELLED_CHARACTERS, spell_keys};
use crate::script::template::{PlaceholderValue, RedactedText};

impl SpokenLocale<'_> {
    /// The characters of a value that are `spoken`, one by one. Where the switch cannot spell one of them, it spells
    /// none: the others would sound like another value.
    pub(super) fn characters(
        self,
        value: &PlaceholderValue<'_>,
        spoken: fn(char) -> bool,
    ) -> Vec<SpokenPart> {
        let characters = value.text.chars().filter(|character| spoken(*character));
        let characters: String = characters.take(MAX_SPELLED_CHARACTERS).collect();
        let spelling = spell_keys(&characters);
        let language = self.text.unwrap_or(self.spelling);
        let word = |character| {
            key_name(character, language).map_or_else(|| String::from(character), str::to_owned)
        };
        let words = characters.chars().map(word);
        // A sensitive value is rendered as one text, which is not cached. Cached sounds of its single characters could
        // reveal it.
        if value.sensitive {
            return whole(words.collect::<Vec<_>>().join(", "), true, spelling);
        }
        let spelled = |character: char| {
            let character = character.to_string();
            spelling.as_ref().map_err(|error| *error).and_then(|_| spell_keys(&character))
        };
        let parts = characters.chars().zip(words).map(|(character, word)| SpokenPart {
            spelling: spelled(character),
            text: RedactedText::public(word),
        });
        parts.collect()
    }
}
