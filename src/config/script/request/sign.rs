//! `sign`: the keys with which a request is signed.

use serde_spanned::Spanned;

use crate::config::script::context::ScriptContext;
use crate::config::value::TextOrList;
use crate::script::escape::EscapeContext;
use crate::script::template::{Placeholder, Template};

/// Most keys of a request: during a key change, the old and the new one.
const MAX_KEYS: usize = 2;

/// Fewest characters of a key without a warning.
const MIN_KEY_LENGTH: usize = 16;

pub(super) fn keys(script: &ScriptContext<'_>, keys: &TextOrList) -> Vec<Template> {
    let keys = keys.as_slice();
    if let Some(third) = keys.get(MAX_KEYS) {
        let help = "remove this key: two are enough for a key change";
        let message = "a request can have at most two signing keys";
        script.file.error_with_help(third.span(), message, help);
    }
    keys.iter().map(|given| key(script, given)).collect()
}

fn key(script: &ScriptContext<'_>, given: &Spanned<String>) -> Template {
    let template = script.template(given, EscapeContext::Variable);
    let placeholders: Vec<_> = template.placeholders().collect();
    match placeholders.as_slice() {
        [Placeholder::Secret(name)] => check_key(script, name, given),
        _ => {
            let help = "write the key to a file in the secrets folder, and write \
                        `sign = \"{secret.NAME}\"` here";
            script.file.error_with_help(given.span(), "a signing key must be a secret", help);
        }
    }
    template
}

/// The receiver may read a key of several lines in another way.
fn check_key(script: &ScriptContext<'_>, name: &str, given: &Spanned<String>) {
    let Ok(key) = script.load.secrets.value(name) else { return };
    let help = "generate a key with `openssl rand -hex 32`";
    if key.contains(char::is_control) {
        let message =
            format!("the secret `{name}` is not a valid key: it contains line breaks or tabs");
        script.file.error_with_help(given.span(), message, help);
    } else if key.chars().count() < MIN_KEY_LENGTH {
        let message = format!(
            "the secret `{name}` is shorter than {MIN_KEY_LENGTH} characters: it can be guessed with \
             one signed request"
        );
        script.file.warn(given.span(), message, help);
    }
}
