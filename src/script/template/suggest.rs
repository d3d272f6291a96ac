//! Suggestions for placeholders that do not exist.

use super::placeholder::{SIMPLE_PLACEHOLDERS, VALUE_VERBS};
use crate::script::path::KeyPath;

/// Names that other programs have for what a placeholder stands for: variables of Asterisk and FreeSWITCH, and names
/// that are common in webhooks. All are in small letters.
const OTHER_NAMES: &[(&str, &[&str])] = &[
    (
        "caller",
        &[
            "callerid",
            "callerid(num)",
            "callerid(number)",
            "callerid(ani)",
            "caller_id",
            "caller_id_number",
            "caller_number",
            "callernum",
            "effective_caller_id_number",
            "ani",
            "cid",
            "clid",
            "cli",
            "from",
            "phone",
        ],
    ),
    ("caller_name", &["callerid(name)", "caller_id_name", "calleridname", "cnam"]),
    (
        "called",
        &[
            "exten",
            "extension",
            "destination_number",
            "callerid(dnid)",
            "dnid",
            "did",
            "to",
            "called_number",
        ],
    ),
    ("call_id", &["uniqueid", "uuid", "linkedid", "callid", "call_uuid", "callsid"]),
    ("channel", &["channel_name", "channel(name)"]),
    ("language", &["channel(language)", "lang", "default_language"]),
    ("keypress", &["digits", "digit", "dtmf", "keys", "keypresses"]),
    ("speech", &["speechresult", "spoken", "transcript", "utterance"]),
    ("answer", &["response", "result", "reply", "body", "response_body"]),
];

/// First parts of a dotted name that stand for arguments and variables of the dialplan, and for the answer.
const ARGUMENT_PREFIXES: &[&str] = &["arg", "args", "argument", "param", "params", "var", "vars"];
const VARIABLE_PREFIXES: &[&str] = &["variable", "variables", "channel", "chan"];
const ANSWER_PREFIXES: &[&str] = &["response", "answer", "result", "json", "body"];

/// How to correct an unknown placeholder; `None` if that is not known.
pub(super) fn suggest_placeholder(inner: &str) -> Option<String> {
    if let Some((verb, object)) = inner.split_once(':')
        && VALUE_VERBS.contains(&verb)
    {
        return suggest_placeholder(object);
    }
    let name = inner.trim().to_lowercase();
    match name.as_str() {
        "" => return Some("name a value, such as `{caller}`".to_owned()),
        "arg." => return Some("name the argument of the dialplan, such as `{arg.1}`".to_owned()),
        "secret." => return Some("name the secret, such as `{secret.api-key}`".to_owned()),
        _ => {}
    }
    if let Some((ours, _)) = OTHER_NAMES.iter().find(|(_, names)| names.contains(&name.as_str())) {
        return Some(format!("write `{{{ours}}}`"));
    }
    if let Some((first, rest)) = inner.trim().split_once('.')
        && let Some(help) = suggest_dotted(&first.to_lowercase(), rest)
    {
        return Some(help);
    }
    if let Some(number) = name.strip_prefix("arg").or(Some(&name)).filter(|text| is_number(text)) {
        return Some(format!("for an argument of the dialplan, write `{{arg.{number}}}`"));
    }
    if let Some(near) = nearest_placeholder(&name) {
        return Some(format!("did you mean `{{{near}}}`?"));
    }
    suggest_value(inner.trim())
}

fn suggest_dotted(first: &str, rest: &str) -> Option<String> {
    match first {
        _ if rest.is_empty() => None,
        "secrets" => Some(format!("did you mean `{{secret.{rest}}}`?")),
        "env" | "environment" => Some(format!(
            "for a secret, write `{{secret.{rest}}}`: it is read from a file or from the environment"
        )),
        _ if let Some((input @ ("keypress" | "speech"), _)) =
            OTHER_NAMES.iter().find(|(_, names)| names.contains(&rest)) =>
        {
            Some(format!("did you mean `{{{first}.{input}}}`?"))
        }
        _ if ANSWER_PREFIXES.contains(&first) && KeyPath::parse(rest).is_some() => {
            Some(format!("for a value from the answer, write `{{${rest}}}`"))
        }
        _ if ARGUMENT_PREFIXES.contains(&first) || VARIABLE_PREFIXES.contains(&first) => {
            Some(pass_argument(rest))
        }
        _ => None,
    }
}

/// A value of the answer or of the dialplan, by the look of its name.
fn suggest_value(inner: &str) -> Option<String> {
    let is_name =
        !inner.is_empty() && inner.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if is_name && !inner.bytes().any(|b| b.is_ascii_lowercase()) {
        return Some(pass_argument(inner));
    }
    if is_name {
        return Some(format!(
            "for a value from the answer, write `{{${inner}}}`; for a value from the dialplan, pass it as \
             an argument and write `{{arg.{inner}}}`"
        ));
    }
    if inner.contains(['(', ')']) {
        let help = "pass the value as an argument of the AGI URL, and write `{arg.NAME}`";
        return Some(help.to_owned());
    }
    KeyPath::parse(inner).map(|_| format!("for a value from the answer, write `{{${inner}}}`"))
}

fn pass_argument(name: &str) -> String {
    format!(
        "write `{{arg.{name}}}`, and pass it in the dialplan: Asterisk as `?{name}=${{{name}}}` at the end of \
         the AGI URL, FreeSWITCH as the variable `dialscript_arg_{name}`"
    )
}

fn nearest_placeholder(name: &str) -> Option<&'static str> {
    SIMPLE_PLACEHOLDERS
        .iter()
        .map(|(known, _)| (strsim::damerau_levenshtein(known, name), *known))
        .min()
        .filter(|(distance, known)| {
            *distance <= known.len() / 2 && *distance < name.chars().count()
        })
        .map(|(_, known)| known)
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}
