//! Texts with `{secret.NAME}` in the daemon's file.

use std::ops::Range;
use std::sync::Arc;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_spanned::Spanned;

use super::context::DaemonContext;
use crate::config::secrets::{self, SecretError};
use crate::script::template::{BraceSyntax, Placeholder, TemplatePiece, parse_template};

/// A text with the secrets filled in.
#[derive(Default)]
pub(crate) struct FilledText {
    pub(crate) text: String,
    pub(crate) has_secret: bool,
    pub(crate) has_errors: bool,
}

impl DaemonContext<'_> {
    /// Replaces each `{secret.NAME}` in a text by the secret, escaped by `escape`. Another placeholder, such as
    /// `{caller}`, has a value only during a call and is an error. In the message of this error, `owner` says what the
    /// text belongs to, such as "a proxy".
    pub(crate) fn fill_secrets(
        self,
        text: &Spanned<String>,
        owner: &str,
        escape: impl Fn(&str) -> String,
    ) -> FilledText {
        let (pieces, errors) = parse_template(text.get_ref(), BraceSyntax::Doubled);
        let mut filled = FilledText { has_errors: !errors.is_empty(), ..FilledText::default() };
        self.file.report_placeholder_errors(text, errors);
        for (at, piece) in pieces {
            match piece {
                TemplatePiece::Text(text) => filled.text.push_str(&text),
                TemplatePiece::Placeholder(Placeholder::Secret(name)) => {
                    match self.secrets.value(&name) {
                        Ok(secret) => {
                            filled.text.push_str(&escape(&secret));
                            filled.has_secret = true;
                        }
                        Err(error) => {
                            self.report_missing(text, at, &name, error);
                            filled.has_errors = true;
                        }
                    }
                }
                TemplatePiece::Placeholder(_) => {
                    let message =
                        format!("a value of a call cannot be used here: {owner} serves all calls");
                    let help = "use `{secret.NAME}` or plain text";
                    self.file.error_with_help(self.file.span_in(text, at), message, help);
                    filled.has_errors = true;
                }
            }
        }
        filled
    }

    /// The value of a `key` that must be a single secret; `None` after an error.
    pub(crate) fn only_secret(self, text: &Spanned<String>, key: &str) -> Option<Arc<str>> {
        let (pieces, _) = parse_template(text.get_ref(), BraceSyntax::Doubled);
        let [(at, TemplatePiece::Placeholder(Placeholder::Secret(name)))] = pieces.as_slice()
        else {
            let message = format!("`{key}` must be a secret");
            let help = format!(
                "write the secret to a file in the secrets folder, and write `{key} = \"{{secret.NAME}}\"` here"
            );
            self.file.error_with_help(text.span(), message, help);
            return None;
        };
        let secret = self.secrets.value(name);
        secret.map_err(|error| self.report_missing(text, at.clone(), name, error)).ok()
    }

    fn report_missing(
        self,
        text: &Spanned<String>,
        at: Range<usize>,
        name: &str,
        error: SecretError,
    ) {
        let span = self.file.span_in(text, at);
        secrets::report_unavailable(self.file, span, name, error, "the secret");
    }
}

/// Escapes a user name or a password for a URL, where a character such as `@` or `/` would end it.
pub(crate) fn percent_encoded(secret: &str) -> String {
    utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string()
}
