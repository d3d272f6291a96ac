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
        let help = "two keys are enough to change from one to the other";
        let message = "a request is signed by two keys at most";
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
            let help = "write the key into the secrets folder, and its name here: \
                        `sign = \"{secret.NAME}\"`";
            script.file.error_with_help(given.span(), "this is no secret", help);
        }
    }
    template
}

/// The receiver may read a key of several lines in another way.
fn check_key(script: &ScriptContext<'_>, name: &str, given: &Spanned<String>) {
    let Ok(key) = script.load.secrets.value(name) else { return };
    let help = "`openssl rand -hex 32` makes a good one";
    if key.contains(char::is_control) {
        let message = format!("the secret `{name}` is no key: it has several lines or tabs");
        script.file.error_with_help(given.span(), message, help);
    } else if key.chars().count() < MIN_KEY_LENGTH {
        let message = format!(
            "the secret `{name}` is shorter than {MIN_KEY_LENGTH} characters: whoever gets one \
             signed request could find it out by trying"
        );
        script.file.warn(given.span(), message, help);
    }
}
