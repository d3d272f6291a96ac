//! Texts with placeholders: read once at load, filled per call, escaped for where each value lands.

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

/// A text with placeholders, each with its landing.
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
    /// `{caller}`: the caller's number, empty when withheld.
    Caller,
    /// `{caller_name}`.
    CallerName,
    /// `{called}`: the dialled number, else the extension.
    Called,
    /// `{keypress}`: digits entered in this script.
    Keypress,
    /// `{speech}`: what was said in this script.
    Speech,
    /// `{input}`: either of the two.
    Input,
    /// `{call_id}`.
    CallId,
    /// `{channel}`.
    Channel,
    /// `{language}`.
    Language,
    /// `{attempt}`: how often this script has asked, from 1.
    Attempt,
    /// `{script}`: the running script's name.
    Script,
    /// `{arg.NAME}`: an argument that the dialplan gave.
    Arg(String),
    /// `{secret.NAME}`.
    Secret(String),
    /// `{NAME.keypress}` and its like: what an earlier script of this call's chain was given.
    OtherScript(String, InputKind),
    /// `{$path}`: a value of the last answer.
    Answer(KeyPath),
}

/// Which input of an earlier script is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum InputKind {
    /// `keypress`
    Keypress,
    /// `speech`
    Speech,
    /// `input`
    Input,
}

/// Where placeholders get their values.
pub trait PlaceholderValues {
    /// The value now; empty where there is none.
    fn value(&self, of: &Placeholder) -> PlaceholderValue<'_>;
}

/// A value, and whether it may be shown.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct PlaceholderValue<'a> {
    /// The text as it is, not escaped.
    pub text: Cow<'a, str>,
    /// Declared sensitive, or a secret: shown nowhere.
    pub sensitive: bool,
}

impl<'a> PlaceholderValue<'a> {
    /// A value that may be shown.
    pub fn public(text: impl Into<Cow<'a, str>>) -> Self {
        Self { text: text.into(), sensitive: false }
    }
}

impl fmt::Debug for PlaceholderValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.sensitive { f.write_str(MASK) } else { self.text.fmt(f) }
    }
}

/// What stands for a sensitive value where people look.
pub const MASK: &str = "***";

/// A filled template, and where sensitive values stand in it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct RedactedText {
    text: String,
    sensitive_ranges: Vec<Range<usize>>,
}

impl RedactedText {
    /// A text that may be shown.
    pub fn public(text: String) -> Self {
        Self { text, sensitive_ranges: Vec::new() }
    }

    /// A text that may not be shown.
    pub fn sensitive(text: String) -> Self {
        let hidden = 0..text.len();
        Self { text, sensitive_ranges: if hidden.is_empty() { Vec::new() } else { vec![hidden] } }
    }

    /// A value as it is.
    pub fn from_value(value: &PlaceholderValue<'_>) -> Self {
        let text = value.text.clone().into_owned();
        if value.sensitive { Self::sensitive(text) } else { Self::public(text) }
    }

    /// The text itself.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text itself, owned.
    pub fn into_text(self) -> String {
        self.text
    }

    /// Whether a sensitive value is in it.
    pub fn is_sensitive(&self) -> bool {
        !self.sensitive_ranges.is_empty()
    }

    /// The text for people: sensitive values are masked.
    pub fn redacted(&self) -> Cow<'_, str> {
        if !self.is_sensitive() {
            return Cow::Borrowed(&self.text);
        }
        let mut shown = String::with_capacity(self.text.len());
        let mut from = 0;
        for hidden in &self.sensitive_ranges {
            shown.push_str(&self.text[from..hidden.start]);
            shown.push_str(MASK);
            from = hidden.end;
        }
        shown.push_str(&self.text[from..]);
        Cow::Owned(shown)
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

    /// A template whose values all land alike.
    pub fn with_context(
        pieces: impl IntoIterator<Item = TemplatePiece>,
        landing: EscapeContext,
    ) -> Self {
        let mut template = Self::default();
        pieces.into_iter().for_each(|piece| template.push(piece, landing));
        template
    }

    /// A URL: each value lands by where it stands in it. Tells also whether one decides the host.
    pub fn url(pieces: impl IntoIterator<Item = TemplatePiece>) -> (Self, bool) {
        let mut template = Self::default();
        let mut at = UrlPosition::Scheme;
        let mut decides_host = false;
        for piece in pieces {
            let landing = at.escape_context(template.parts.is_empty());
            match &piece {
                TemplatePiece::Text(text) => at = at.advance(text),
                TemplatePiece::Placeholder(_) if landing == EscapeContext::Url => {
                    at = UrlPosition::Path
                }
                TemplatePiece::Placeholder(_) => {}
            }
            let fills = matches!(piece, TemplatePiece::Placeholder(_));
            decides_host |= fills && matches!(landing, EscapeContext::Url | EscapeContext::Host);
            template.push(piece, landing);
        }
        (template, decides_host)
    }

    /// A JSON text: values inside of quotes and outside land differently.
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

    fn push(&mut self, piece: TemplatePiece, landing: EscapeContext) {
        match piece {
            TemplatePiece::Text(text) => self.push_text(&text),
            TemplatePiece::Placeholder(placeholder) => {
                self.parts.push(TemplatePart::Placeholder(placeholder, landing))
            }
        }
    }

    fn push_text(&mut self, text: &str) {
        match self.parts.last_mut() {
            Some(TemplatePart::Text(last)) => last.push_str(text),
            _ => self.parts.push(TemplatePart::Text(text.to_owned())),
        }
    }

    /// Another template behind this one.
    pub fn append(&mut self, other: Self) {
        for part in other.parts {
            match part {
                TemplatePart::Text(text) => self.push_text(&text),
                fill => self.parts.push(fill),
            }
        }
    }

    /// The text, where there are no placeholders in it.
    pub fn as_text(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [TemplatePart::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// Its placeholders, in order.
    pub fn placeholders(&self) -> impl Iterator<Item = &Placeholder> {
        self.parts.iter().filter_map(|part| match part {
            TemplatePart::Placeholder(placeholder, _) => Some(placeholder),
            TemplatePart::Text(_) => None,
        })
    }

    /// The text with its values.
    ///
    /// # Errors
    ///
    /// When a value can't stand where it should; see [`EscapeContext::escape_into`].
    pub fn fill(&self, values: &impl PlaceholderValues) -> Result<RedactedText, EscapeError> {
        let mut filled = RedactedText::default();
        for part in &self.parts {
            match part {
                TemplatePart::Text(text) => filled.text.push_str(text),
                TemplatePart::Placeholder(placeholder, landing) => {
                    filled.push_escaped(&values.value(placeholder), *landing)?;
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
        landing: EscapeContext,
    ) -> Result<(), EscapeError> {
        let start = self.text.len();
        landing.escape_into(&value.text, &mut self.text)?;
        if value.sensitive && self.text.len() > start {
            self.sensitive_ranges.push(start..self.text.len());
        }
        Ok(())
    }
}

/// Secrets by name, read at load.
#[derive(Clone, Default)]
pub struct Secrets(std::collections::BTreeMap<String, Arc<str>>);

impl Secrets {
    /// Keeps a secret.
    pub fn insert(&mut self, name: String, secret: Arc<str>) {
        self.0.insert(name, secret);
    }

    /// All secrets; none is empty.
    pub fn values(&self) -> impl Iterator<Item = &str> {
        self.0.values().map(|secret| &**secret)
    }

    /// A secret by its name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|secret| &**secret)
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// Where in a URL the reading is.
#[derive(Clone, Copy)]
enum UrlPosition {
    Scheme,
    Host,
    Path,
    Query,
}

impl UrlPosition {
    fn escape_context(self, first: bool) -> EscapeContext {
        match self {
            Self::Scheme if first => EscapeContext::Url,
            Self::Scheme | Self::Host => EscapeContext::Host,
            Self::Path => EscapeContext::Path,
            Self::Query => EscapeContext::Query,
        }
    }

    fn advance(self, text: &str) -> Self {
        let (next, rest) = match self {
            Self::Scheme => (text.split_once("://").map(|(_, rest)| (Self::Host, rest))).unzip(),
            Self::Host => text
                .split_once(['/', '?', '#'])
                .map(|(host, rest)| {
                    (
                        if text[host.len()..].starts_with('/') { Self::Path } else { Self::Query },
                        rest,
                    )
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
