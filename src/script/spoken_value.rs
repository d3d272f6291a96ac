//! Turns the value of a placeholder into the texts that are spoken.

use crate::channel::Sound;
use crate::script::definition::SayAs;
use crate::script::key_name::key_name;
use crate::script::number_signs::NumberSigns;
use crate::script::spelling::{
    MAX_SPELLED_CHARACTERS, SpellingError, is_sign, spell_keys, spell_number, spell_text,
};
use crate::script::template::{PlaceholderValue, RedactedText};
use crate::script::written_number::{WrittenNumber, WrittenNumberError};

/// Maximum number of characters of a value that are spoken.
const MAX_SPOKEN_CHARACTERS: usize = 500;

/// A text for a text-to-speech engine, and how the switch spells the value if no engine can speak.
pub(super) struct SpokenPart {
    pub(super) text: RedactedText,
    pub(super) spelling: Result<Sound, SpellingError>,
}

/// The languages in which a number may be written.
#[derive(Clone, Copy)]
pub(super) struct SpokenLanguages<'a> {
    /// That of the texts for the engine, if it is certain.
    pub(super) text: Option<&'a str>,
    /// That of the script; without one, that of the channel.
    pub(super) spelling: &'a str,
}

/// Spells a text, which may be a number in JSON, by the signs of a language.
type SpellFunction = fn(&str, bool, Option<&NumberSigns>) -> Result<Sound, SpellingError>;

impl SpokenLanguages<'_> {
    /// Splits a value into parts. Each is rendered and cached separately.
    pub(super) fn spoken(
        self,
        value: &PlaceholderValue<'_>,
        say_as: SayAs,
        is_json_number: bool,
    ) -> Vec<SpokenPart> {
        let (text, spell): (String, SpellFunction) = match say_as {
            SayAs::Digits => return self.spoken_digits(value, char::is_alphanumeric),
            SayAs::Keys => return self.spoken_digits(value, |c| c.is_alphanumeric() || is_sign(c)),
            SayAs::Words => (plain_words(&value.text), spell_text),
            SayAs::Number => {
                (plain_words(&self.number_for_engine(&value.text, is_json_number)), spell_number)
            }
        };
        let spelling = self.spelled(|signs| spell(&value.text, is_json_number, signs));
        whole(text, value.sensitive, spelling)
    }

    /// The characters of a value that are `spoken`, one by one. Where the switch cannot spell one of them, it spells
    /// none: the others would sound like another value.
    fn spoken_digits(
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

    /// The spelling by the signs of both languages. If they read the value differently, it is not spelled.
    fn spelled(
        self,
        spell: impl Fn(Option<&NumberSigns>) -> Result<Sound, SpellingError>,
    ) -> Result<Sound, SpellingError> {
        let in_language = |tag| spell(NumberSigns::of_language(tag).as_ref());
        let spelled = in_language(self.spelling);
        match self.text.filter(|text| *text != self.spelling).map(in_language) {
            Some(other) if other != spelled => Err(WrittenNumberError::Ambiguous.into()),
            _ => spelled,
        }
    }

    /// A number in the form that the engine reads in its language. Anything else is left as it is: engines know their
    /// language better.
    fn number_for_engine(self, text: &str, is_json_number: bool) -> String {
        let signs = self.text.and_then(NumberSigns::of_language);
        // Without a language, only what has the same meaning everywhere is changed.
        let is_plain = is_json_number || !text.contains(',');
        match (WrittenNumber::read(text, is_json_number, signs.as_ref()), signs) {
            (Ok(number), Some(signs)) => number.for_engine(signs.engine_decimal()),
            (Ok(number), None) if is_plain => number.for_engine('.'),
            _ => text.to_owned(),
        }
    }
}

/// One part, or none if the text is empty.
fn whole(
    text: String,
    is_sensitive: bool,
    spelling: Result<Sound, SpellingError>,
) -> Vec<SpokenPart> {
    let text = match is_sensitive {
        _ if text.is_empty() => return Vec::new(),
        true => RedactedText::sensitive(text),
        false => RedactedText::public(text),
    };
    vec![SpokenPart { text, spelling }]
}

/// Replaces the characters that an engine could take for markup, phonemes or a command with spaces.
fn plain_words(text: &str) -> String {
    let characters = text.chars().take(MAX_SPOKEN_CHARACTERS);
    let characters = characters.map(|character| match character {
        '<' | '>' | '[' | ']' | '{' | '}' | '|' | '\\' | '^' | '`' => ' ',
        // XML does not allow them: an engine may put the text into SSML.
        '\u{FFFE}' | '\u{FFFF}' => ' ',
        character if character.is_control() => ' ',
        character => character,
    });
    let text: String = characters.collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
