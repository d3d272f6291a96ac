//! Texts with placeholders: parsed when a script is loaded, filled in for each call. Each value is escaped for the
//! place where it is inserted.

use std::fmt;
use std::sync::Arc;

use crate::script::escape::{EscapeContext, EscapeError};

mod contexts;
mod display;
mod misleading;
mod parse;
mod placeholder;
mod redacted;
mod spoken;
mod spoken_hint;
mod suggest;
mod xml;

pub(crate) use misleading::{MisleadingBraces, find_misleading_braces};
pub(crate) use parse::begins_with_placeholder;
pub use parse::{BraceSyntax, PlaceholderError, TemplatePiece, parse_template};
pub use placeholder::{CallEndValue, InputKind, Placeholder, PlaceholderValues};
pub(crate) use redacted::{MASK, masked, reveal_sensitive_values};
pub use redacted::{PlaceholderValue, RedactedText};
pub use spoken::{SpokenPhrase, parse_spoken};

/// A text with placeholders, each with its escape context.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Template {
    parts: Vec<TemplatePart>,
}

#[derive(Debug, Clone, PartialEq)]
enum TemplatePart {
    Text(String),
    Placeholder(Placeholder, EscapeContext),
}

impl Template {
    /// A text without placeholders.
    pub fn text(text: impl Into<String>) -> Self {
        Self { parts: vec![TemplatePart::Text(text.into())] }
    }

    fn push(&mut self, piece: TemplatePiece, context: EscapeContext) {
        match piece {
            TemplatePiece::Text(text) => self.push_text(&text),
            TemplatePiece::Placeholder(placeholder) => {
                self.parts.push(TemplatePart::Placeholder(placeholder, context))
            }
        }
    }

    fn push_text(&mut self, text: &str) {
        match self.parts.last_mut() {
            Some(TemplatePart::Text(last)) => last.push_str(text),
            _ => self.parts.push(TemplatePart::Text(text.to_owned())),
        }
    }

    fn ends_with_text(&self, end: &str) -> bool {
        matches!(self.parts.last(), Some(TemplatePart::Text(text)) if text.ends_with(end))
    }

    pub fn append(&mut self, other: Self) {
        for part in other.parts {
            match part {
                TemplatePart::Text(text) => self.push_text(&text),
                placeholder => self.parts.push(placeholder),
            }
        }
    }

    /// The text, if the template has no placeholders.
    pub(crate) fn as_text(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [TemplatePart::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// The placeholders, in order.
    pub fn placeholders(&self) -> impl Iterator<Item = &Placeholder> {
        self.parts.iter().filter_map(|part| match part {
            TemplatePart::Placeholder(placeholder, _) => Some(placeholder),
            TemplatePart::Text(_) => None,
        })
    }

    /// Fills in the values.
    ///
    /// # Errors
    ///
    /// When a value can't be inserted; see [`EscapeContext::escape_into`].
    pub fn fill(&self, values: &impl PlaceholderValues) -> Result<RedactedText, EscapeError> {
        let mut filled = RedactedText::default();
        for part in &self.parts {
            match part {
                TemplatePart::Text(text) => filled.push_text(text),
                TemplatePart::Placeholder(placeholder, context) => {
                    filled.push_escaped(&values.value(placeholder), *context)?;
                }
            }
        }
        Ok(filled)
    }
}

/// Secrets by name. They are read when the scripts are loaded.
#[derive(Clone, Default)]
pub struct Secrets(std::collections::BTreeMap<String, Arc<str>>);

impl Secrets {
    /// Adds a secret, which must not be empty.
    pub fn insert(&mut self, name: String, secret: Arc<str>) {
        self.0.insert(name, secret);
    }

    pub fn values(&self) -> impl Iterator<Item = &str> {
        self.0.values().map(|secret| &**secret)
    }

    /// The names of the secrets that have another value in `old`. Secrets that only one of both has are left out.
    pub(crate) fn changed_names(&self, old: &Self) -> impl Iterator<Item = &str> {
        let is_changed = |(name, secret): &(&String, &Arc<str>)| {
            old.0.get(*name).is_some_and(|old| old != *secret)
        };
        self.0.iter().filter(is_changed).map(|(name, _)| name.as_str())
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|secret| &**secret)
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
