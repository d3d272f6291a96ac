//! Texts of the daemon's file with secrets in them.

use std::sync::Arc;

use serde_spanned::Spanned;

use crate::config::file::File;
use crate::config::secrets::SecretStore;
use crate::script::template::{BraceSyntax, Placeholder, TemplatePiece, parse_template};

/// Fills in secrets. `whose` begins the sentence that a call's value gets.
#[derive(Clone, Copy)]
pub(super) struct Filling<'a> {
    pub(super) file: &'a File,
    pub(super) secrets: &'a SecretStore,
    pub(super) whose: &'static str,
}

/// A text with its secrets.
pub(super) struct Filled {
    pub(super) text: String,
    pub(super) is_secret: bool,
    /// Nothing in it was faulty.
    pub(super) is_whole: bool,
}

impl Filling<'_> {
    /// A text with its secrets, each as `written` writes it there.
    pub(super) fn filled(self, text: &Spanned<String>, written: impl Fn(&str) -> String) -> Filled {
        let (pieces, problems) = parse_template(text.get_ref(), BraceSyntax::Doubled);
        let mut filled =
            Filled { text: String::new(), is_secret: false, is_whole: problems.is_empty() };
        for problem in problems {
            let at = self.file.inside(text, problem.range);
            self.file.push(at, problem.message, problem.help, None);
        }
        for (at, piece) in pieces {
            match piece {
                TemplatePiece::Text(text) => filled.text.push_str(&text),
                TemplatePiece::Placeholder(Placeholder::Secret(name)) => {
                    match self.secrets.value(&name) {
                        Ok(secret) => {
                            filled.text.push_str(&written(&secret));
                            filled.is_secret = true;
                        }
                        Err(reason) => {
                            self.missing(text, at, &name, &reason);
                            filled.is_whole = false;
                        }
                    }
                }
                TemplatePiece::Placeholder(_) => {
                    let what =
                        format!("{} serves all calls: no call's value can be here", self.whose);
                    let help = "write `{secret.NAME}`, or the text itself";
                    self.file.fault_help(self.file.inside(text, at), what, help);
                    filled.is_whole = false;
                }
            }
        }
        filled
    }

    /// A text that is one secret and nothing else. `key` is what it is written for.
    pub(super) fn only_secret(self, text: &Spanned<String>, key: &str) -> Option<Arc<str>> {
        let (pieces, _) = parse_template(text.get_ref(), BraceSyntax::Doubled);
        let [(at, TemplatePiece::Placeholder(Placeholder::Secret(name)))] = pieces.as_slice()
        else {
            let help = format!(
                "write it into a file of the secrets folder, and here `{key} = \"{{secret.NAME}}\"`"
            );
            self.file.fault_help(text.span(), format!("`{key}` is the name of a secret"), help);
            return None;
        };
        let secret = self.secrets.value(name);
        secret.map_err(|reason| self.missing(text, at.clone(), name, &reason)).ok()
    }

    fn missing(self, text: &Spanned<String>, at: std::ops::Range<usize>, name: &str, reason: &str) {
        let help = "write the secret into that file";
        let what = format!("no secret `{name}`: {reason}");
        self.file.fault_help(self.file.inside(text, at), what, help);
    }
}
