//! Turns the value of a placeholder into the texts that are spoken.

use tracing::warn;

use crate::channel::{MomentForm, Sound};
use crate::script::currency::CurrencyCode;
use crate::script::definition::SayAs;
use crate::script::number_signs::NumberSigns;
use crate::script::spelling::{SpellingError, is_sign, spell_number, spell_text};
use crate::script::template::{PlaceholderValue, RedactedText};
use crate::script::timezone::ScriptTimezone;
use crate::script::word_language::WordLanguage;
use crate::script::written_number::{WrittenNumber, WrittenNumberError};

use moment::WrittenMoment;
use money::WrittenMoney;
use phone::phone_words;

mod characters;
mod key_name;
mod minor_unit;
mod moment;
mod moment_words;
mod money;
mod ordinal;
mod phone;

/// Maximum number of characters of a value that are spoken.
const MAX_SPOKEN_CHARACTERS: usize = 500;

/// Maximum number of characters of a value in the log.
const MAX_LOGGED_CHARACTERS: usize = 60;

/// Maximum number of digits of an ordinal.
const MAX_ORDINAL_DIGITS: usize = 15;

/// A text for a text-to-speech engine, and how the switch spells the value if no engine can speak.
pub(super) struct SpokenPart {
    pub(super) text: RedactedText,
    pub(super) spelling: Result<Sound, SpellingError>,
}

/// The languages in which a value may be written and is spoken, and the time zone in which times are told.
#[derive(Clone, Copy)]
pub(super) struct SpokenLocale<'a> {
    /// That of the texts for the engine, if it is certain.
    pub(super) text: Option<&'a str>,
    /// That of the script; without one, that of the channel.
    pub(super) spelling: &'a str,
    pub(super) timezone: &'a ScriptTimezone,
}

/// A value in words, and how the switch says it.
type WordsAndSpelling = (Result<String, SpokenFormError>, Result<Sound, SpellingError>);

/// Why a value is spoken as a text. The message never contains any part of the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum SpokenFormError {
    #[error("it is not a date")]
    NotADate,
    #[error("it is not a time")]
    NotATime,
    #[error("it is not an amount with a currency")]
    NotMoney,
    #[error("it is not a whole number")]
    NotWhole,
    #[error("it is not a telephone number")]
    NotAPhone,
    #[error("nothing is known about the language")]
    UnknownLanguage,
}

/// Spells a text, which may be a number in JSON, by the signs of a language.
type SpellFunction = fn(&str, bool, Option<&NumberSigns>) -> Result<Sound, SpellingError>;

impl SpokenLocale<'_> {
    /// Splits a value into parts. Each is rendered and cached separately.
    pub(super) fn spoken(
        self,
        value: &PlaceholderValue<'_>,
        say_as: SayAs,
        is_json_number: bool,
    ) -> Vec<SpokenPart> {
        let (text, spell): (String, SpellFunction) = match say_as {
            SayAs::Digits => return self.characters(value, char::is_alphanumeric),
            SayAs::Keys => return self.characters(value, |c| c.is_alphanumeric() || is_sign(c)),
            SayAs::Words => (plain_words(&value.text), spell_text),
            SayAs::Number => {
                (plain_words(&self.number_for_engine(&value.text, is_json_number)), spell_number)
            }
            SayAs::Moment(form) => return form_parts(value, self.moment(&value.text, form)),
            SayAs::Money(currency) => {
                return form_parts(value, self.money(&value.text, is_json_number, currency));
            }
            SayAs::Ordinal => return form_parts(value, self.ordinal(&value.text, is_json_number)),
            SayAs::Phone => return form_parts(value, self.phone(&value.text)),
        };
        let spelling = self.spelled(|signs| spell(&value.text, is_json_number, signs));
        whole(text, value.sensitive, spelling)
    }

    /// The language of words. If that of the engine is not certain, it is most likely the language of the call.
    fn words(self) -> Result<WordLanguage, SpokenFormError> {
        let tag = self.text.unwrap_or(self.spelling);
        WordLanguage::of_tag(tag).ok_or(SpokenFormError::UnknownLanguage)
    }

    fn moment(self, text: &str, form: MomentForm) -> WordsAndSpelling {
        let moment = WrittenMoment::read(text, self.timezone);
        let Some(moment) = moment.and_then(|moment| moment.part(form)) else {
            let error = match form {
                MomentForm::Time => SpokenFormError::NotATime,
                MomentForm::Date | MomentForm::DateTime => SpokenFormError::NotADate,
            };
            return (Err(error), self.spelled(|signs| spell_text(text, false, signs)));
        };
        let words = self.words().and_then(|language| {
            language.moment_words(moment).ok_or(SpokenFormError::UnknownLanguage)
        });
        (words, moment.for_switch().map(Sound::Moment))
    }

    fn money(self, text: &str, is_json: bool, default: Option<CurrencyCode>) -> WordsAndSpelling {
        let money = WrittenMoney::read(text, is_json, default, self.text);
        let words = money.ok_or(SpokenFormError::NotMoney).and_then(|money| {
            let language = self.words()?;
            language.money_words(&money).ok_or(SpokenFormError::UnknownLanguage)
        });
        (words, self.spelled(|signs| spell_number(text, is_json, signs)))
    }

    fn ordinal(self, text: &str, is_json: bool) -> WordsAndSpelling {
        let signs = self.text.and_then(NumberSigns::of_language);
        let number = WrittenNumber::read(text, is_json, signs.as_ref()).ok();
        let number = number.filter(|number| number.is_plain_whole(MAX_ORDINAL_DIGITS));
        let words = number.ok_or(SpokenFormError::NotWhole).and_then(|number| {
            let digits = number.for_engine('.');
            Ok(self.words()?.ordinal_words(&digits).unwrap_or(digits))
        });
        (words, self.spelled(|signs| spell_number(text, is_json, signs)))
    }

    fn phone(self, text: &str) -> WordsAndSpelling {
        let words = phone_words(text).ok_or(SpokenFormError::NotAPhone);
        (words, self.spelled(|signs| spell_text(text, false, signs)))
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

/// The part of a value in words. Without words, the value is spoken as a text.
fn form_parts(
    value: &PlaceholderValue<'_>,
    (words, spelling): WordsAndSpelling,
) -> Vec<SpokenPart> {
    let text = words.unwrap_or_else(|reason| {
        warn_spoken_as_text(value, reason);
        value.text.clone().into_owned()
    });
    whole(plain_words(&text), value.sensitive, spelling)
}

fn warn_spoken_as_text(value: &PlaceholderValue<'_>, reason: SpokenFormError) {
    let text: String = value.text.chars().take(MAX_LOGGED_CHARACTERS).collect();
    if !text.is_empty() {
        let value = PlaceholderValue { text: text.into(), sensitive: value.sensitive };
        warn!(?value, %reason, "a value is spoken as text");
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
