//! Texts with placeholders: parsed when a script is loaded, filled in for each call. Each value is escaped for the place
//! that it is inserted in.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use crate::script::escape::{EscapeContext, EscapeError};
use crate::script::path::KeyPath;

mod display;
mod parse;
mod spoken;

pub use parse::{
    BraceSyntax, PlaceholderError, TemplatePiece, begins_with_placeholder, parse_template,
};
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

/// What a placeholder stands for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Placeholder {
    /// `{caller}`: the number of the caller; empty if withheld.
    Caller,
    /// `{caller_name}`.
    CallerName,
    /// `{called}`: the dialled number; if that is not known, the extension.
    Called,
    /// `{keypress}`: the digits entered in this script.
    Keypress,
    /// `{speech}`: the recognized speech in this script.
    Speech,
    /// `{input}`: the input of this script, digits or speech.
    Input,
    /// `{call_id}`.
    CallId,
    /// `{channel}`.
    Channel,
    /// `{language}`.
    Language,
    /// `{attempt}`: the number of the attempt in this script, from 1.
    Attempt,
    /// `{script}`: the name of the running script.
    Script,
    /// `{arg.NAME}`: an argument from the dialplan.
    Arg(String),
    /// `{secret.NAME}`.
    Secret(String),
    /// `{NAME.keypress}`, `{NAME.speech}`, `{NAME.input}`: the input of an earlier script in this call.
    OtherScript(String, InputKind),
    /// `{$path}`: a value of the last answer.
    Answer(KeyPath),
}

/// Which input of a script a placeholder stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum InputKind {
    /// Digits.
    Keypress,
    /// Recognized speech.
    Speech,
    /// Either of them.
    Input,
}

/// The source of the values of placeholders.
pub trait PlaceholderValues {
    /// The current value; empty if there is none.
    fn value(&self, placeholder: &Placeholder) -> PlaceholderValue<'_>;
}

/// The value of a placeholder.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct PlaceholderValue<'a> {
    /// Not escaped.
    pub text: Cow<'a, str>,
    /// Whether the value is a secret or a sensitive input: never logged or shown.
    pub sensitive: bool,
}

impl<'a> PlaceholderValue<'a> {
    /// A value that is not sensitive.
    pub fn public(text: impl Into<Cow<'a, str>>) -> Self {
        Self { text: text.into(), sensitive: false }
    }
}

impl fmt::Debug for PlaceholderValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.sensitive { f.write_str(MASK) } else { self.text.fmt(f) }
    }
}

/// What logs and reports show in place of a sensitive value.
pub const MASK: &str = "***";

/// A text, and the ranges of it that are sensitive.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct RedactedText {
    text: String,
    sensitive_ranges: Vec<Range<usize>>,
}

impl RedactedText {
    /// A text in which nothing is sensitive.
    pub fn public(text: String) -> Self {
        Self { text, sensitive_ranges: Vec::new() }
    }

    /// A text that is sensitive as a whole.
    pub fn sensitive(text: String) -> Self {
        let all = 0..text.len();
        Self { text, sensitive_ranges: if all.is_empty() { Vec::new() } else { vec![all] } }
    }

    /// A value without escapes.
    pub fn from_value(value: &PlaceholderValue<'_>) -> Self {
        let text = value.text.clone().into_owned();
        if value.sensitive { Self::sensitive(text) } else { Self::public(text) }
    }

    /// The text, with its sensitive parts.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text, with its sensitive parts.
    pub fn into_text(self) -> String {
        self.text
    }

    /// Whether any part is sensitive.
    pub fn is_sensitive(&self) -> bool {
        !self.sensitive_ranges.is_empty()
    }

    /// The text for logs: sensitive parts are replaced by [`MASK`].
    pub fn redacted(&self) -> Cow<'_, str> {
        if !self.is_sensitive() {
            return Cow::Borrowed(&self.text);
        }
        let mut redacted = String::with_capacity(self.text.len());
        let mut public_start = 0;
        for range in &self.sensitive_ranges {
            redacted.push_str(&self.text[public_start..range.start]);
            redacted.push_str(MASK);
            public_start = range.end;
        }
        redacted.push_str(&self.text[public_start..]);
        Cow::Owned(redacted)
    }
}

impl fmt::Debug for RedactedText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.redacted().fmt(f)
    }
}

impl Template {
    /// A text without placeholders.
    pub fn text(text: impl Into<String>) -> Self {
        Self { parts: vec![TemplatePart::Text(text.into())] }
    }

    /// A template in which all values have the same escape context.
    pub fn with_context(
        pieces: impl IntoIterator<Item = TemplatePiece>,
        context: EscapeContext,
    ) -> Self {
        let mut template = Self::default();
        pieces.into_iter().for_each(|piece| template.push(piece, context));
        template
    }

    /// A URL template: the escape context of a value depends on its position in the URL. Also returns whether a placeholder
    /// is part of the host.
    pub fn url(pieces: impl IntoIterator<Item = TemplatePiece>) -> (Self, bool) {
        let mut template = Self::default();
        let mut position = UrlPosition::Scheme;
        let mut decides_host = false;
        for piece in pieces {
            let context = position.escape_context(template.parts.is_empty());
            match &piece {
                TemplatePiece::Text(text) => position = position.advance(text),
                TemplatePiece::Placeholder(_) if context == EscapeContext::Url => {
                    position = UrlPosition::Path
                }
                TemplatePiece::Placeholder(_) => {}
            }
            let is_placeholder = matches!(piece, TemplatePiece::Placeholder(_));
            let is_in_host = matches!(context, EscapeContext::Url | EscapeContext::Host);
            decides_host |= is_placeholder && is_in_host;
            template.push(piece, context);
        }
        (template, decides_host)
    }

    /// A JSON template: values inside and outside of quotes have different escape contexts.
    pub fn json(pieces: impl IntoIterator<Item = TemplatePiece>) -> Self {
        let mut template = Self::default();
        let mut quoted = false;
        for piece in pieces {
            if let TemplatePiece::Text(text) = &piece {
                quoted = ends_inside_quotes(text, quoted);
            }
            template.push(
                piece,
                if quoted { EscapeContext::JsonString } else { EscapeContext::JsonValue },
            );
        }
        template
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

    /// Appends another template.
    pub fn append(&mut self, other: Self) {
        for part in other.parts {
            match part {
                TemplatePart::Text(text) => self.push_text(&text),
                placeholder => self.parts.push(placeholder),
            }
        }
    }

    /// The text, if the template has no placeholders.
    pub fn as_text(&self) -> Option<&str> {
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
                TemplatePart::Text(text) => filled.text.push_str(text),
                TemplatePart::Placeholder(placeholder, context) => {
                    filled.push_escaped(&values.value(placeholder), *context)?;
                }
            }
        }
        Ok(filled)
    }
}

impl RedactedText {
    fn push_escaped(
        &mut self,
        value: &PlaceholderValue<'_>,
        context: EscapeContext,
    ) -> Result<(), EscapeError> {
        let start = self.text.len();
        context.escape_into(&value.text, &mut self.text)?;
        if value.sensitive && self.text.len() > start {
            self.sensitive_ranges.push(start..self.text.len());
        }
        Ok(())
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

    /// All secrets.
    pub fn values(&self) -> impl Iterator<Item = &str> {
        self.0.values().map(|secret| &**secret)
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

/// The part of a URL that is being read.
#[derive(Clone, Copy)]
enum UrlPosition {
    Scheme,
    Host,
    Path,
    Query,
}

impl UrlPosition {
    fn escape_context(self, is_first: bool) -> EscapeContext {
        match self {
            Self::Scheme if is_first => EscapeContext::Url,
            Self::Scheme | Self::Host => EscapeContext::Host,
            Self::Path => EscapeContext::Path,
            Self::Query => EscapeContext::Query,
        }
    }

    /// The position after `text`.
    fn advance(self, text: &str) -> Self {
        let (next, rest) = match self {
            Self::Scheme => (text.split_once("://").map(|(_, rest)| (Self::Host, rest))).unzip(),
            Self::Host => (text.split_once(['/', '?', '#']))
                .map(|(host, rest)| {
                    let is_path = text[host.len()..].starts_with('/');
                    (if is_path { Self::Path } else { Self::Query }, rest)
                })
                .unzip(),
            Self::Path => text.split_once(['?', '#']).map(|(_, rest)| (Self::Query, rest)).unzip(),
            Self::Query => (None, None),
        };
        match (next, rest) {
            (Some(next), Some(rest)) => next.advance(rest),
            _ => self,
        }
    }
}

/// Whether a JSON text ends inside of a string; `quoted` says whether it starts inside of one.
fn ends_inside_quotes(text: &str, mut quoted: bool) -> bool {
    let mut escaped = false;
    for b in text.bytes() {
        match b {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ => {}
        }
    }
    quoted
}
