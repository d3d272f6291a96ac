//! What a script plays: sounds, texts and values of the call.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::channel::{MomentForm, Sound};
use crate::script::currency::CurrencyCode;
use crate::script::language_code::primary_language;
use crate::script::template::Placeholder;

/// Sounds and texts that are played one after the other.
#[derive(Debug, Clone, Default)]
pub struct Playlist {
    /// In the order in which they are played.
    pub parts: Vec<PromptPart>,
}

impl Playlist {
    /// Whether there is nothing to play.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }
}

/// One part of a [`Playlist`].
#[derive(Debug, Clone)]
pub enum PromptPart {
    Recorded(RecordedSounds),
    /// A text that is the same in every call.
    Text(Arc<str>),
    /// A value of the call, spoken.
    Value(Placeholder, SayAs),
    /// A sound at a fixed URL.
    Url(Arc<str>),
    /// A sound at a URL that is a value of the call.
    UrlValue(Placeholder),
}

/// How a value is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SayAs {
    /// As text.
    Words,
    /// Character by character.
    Digits,
    /// Key by key: an input, whose keys can be `*` and `#`.
    Keys,
    /// As a number.
    Number,
    /// As a date, a time, or both.
    Moment(MomentForm),
    /// As an amount of money. A value without a currency is in this one.
    Money(Option<CurrencyCode>),
    /// As `third`.
    Ordinal,
    /// As a telephone number.
    Phone,
}

/// Recorded sounds, by the language of the channel.
#[derive(Debug, Clone, Default)]
pub struct RecordedSounds {
    /// The name of the sound in the library; `None` for sounds that are not in the library.
    pub library_name: Option<Arc<str>>,
    /// For channels whose language has no sounds of its own.
    pub default: Arc<[Sound]>,
    /// By language, in lower case: `en`, `pt_br`.
    pub by_language: BTreeMap<String, Arc<[Sound]>>,
}

impl RecordedSounds {
    /// The sounds for a language such as `pt_BR`: those of `pt_br`, else those of `pt`, else the default.
    pub fn in_language(&self, language: &str) -> &Arc<[Sound]> {
        self.of_language(language).unwrap_or(&self.default)
    }

    /// Whether there are sounds for a language such as `pt_BR`, or for `pt`.
    pub(crate) fn has_language(&self, language: &str) -> bool {
        self.of_language(language).is_some()
    }

    fn of_language(&self, language: &str) -> Option<&Arc<[Sound]>> {
        let language = language.to_ascii_lowercase().replace('-', "_");
        let primary = primary_language(&language);
        self.by_language.get(&language).or_else(|| self.by_language.get(primary))
    }
}
