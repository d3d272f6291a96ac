//! Texts of the daemon's file that hold secrets: filled in at load, once for all calls.

use serde_spanned::Spanned;

use crate::config::file::File;
use crate::config::secrets::SecretStore;
use crate::script::template::{Braces, Piece, Placeholder, read};

/// A text with its secrets.
pub(super) struct Filled {
    pub(super) text: String,
    pub(super) is_secret: bool,
    /// Nothing in it was faulty.
    pub(super) is_whole: bool,
}

/// Fills in a text. `whose` is what it belongs to; `write` makes a secret fit where it stands.
pub(super) fn filled(
    file: &File,
    secrets: &SecretStore,
    text: &Spanned<String>,
    whose: &str,
    write: impl Fn(&str) -> String,
) -> Filled {
    let (pieces, problems) = read(text.get_ref(), Braces::Doubled);
    let mut filled =
        Filled { text: String::new(), is_secret: false, is_whole: problems.is_empty() };
    for problem in problems {
        let at = file.inside(text, problem.at);
        file.push(at, problem.what, problem.help, None);
    }
    for (at, piece) in pieces {
        let (what, help) = match piece {
            Piece::Text(text) => {
                filled.text.push_str(&text);
                continue;
            }
            Piece::Fill(Placeholder::Secret(name)) => match secrets.value(&name) {
                Ok(secret) => {
                    filled.text.push_str(&write(&secret));
                    filled.is_secret = true;
                    continue;
                }
                Err(reason) => {
                    (format!("no secret `{name}`: {reason}"), "write the secret into that file")
                }
            },
            Piece::Fill(_) => {
                let what = format!("{whose} serves all calls: no call's value can be here");
                (what, "write `{secret.NAME}`, or the text itself")
            }
        };
        filled.is_whole = false;
        file.fault_help(file.inside(text, at), what, help);
    }
    filled
}
