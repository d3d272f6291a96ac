//! What to write instead of a `then` that is not valid.

use super::super::then_grammar::VERBS;
use crate::config::nearest::nearest;

/// Words that other programs have for what `then` does.
const OTHER_VERBS: &[(&str, &[&str])] = &[
    (
        "goto",
        &["transfer", "dial", "jump", "forward", "redirect", "bridge", "connect", "extension"],
    ),
    ("again", &["repeat", "retry", "redo", "replay", "reprompt"]),
    ("continue", &["next", "return", "exit", "none", "nothing", "noop", "proceed", "ok", "done"]),
    ("hangup", &["hang", "end", "stop", "disconnect", "drop", "busy", "terminate", "quit"]),
    ("script", &["run", "call", "gosub", "macro", "execute", "include"]),
];

/// The beginnings of devices that a dialplan dials, which are no places in the dialplan.
const TECHNOLOGIES: [&str; 8] =
    ["sip", "pjsip", "iax2", "local", "dahdi", "sofia", "user", "loopback"];

const GOTO: &str = "write it as `goto EXTENSION@CONTEXT` or `goto EXTENSION@CONTEXT,PRIORITY`";

/// What to write instead of a text that is none of the forms of `then`.
pub(super) fn suggestion(text: &str) -> String {
    let words = as_command(text);
    let (verb, rest) = words.split_once(' ').unwrap_or((&words, ""));
    let verb = verb.to_lowercase();
    let other = OTHER_VERBS.iter().find(|(_, others)| others.contains(&verb.as_str()));
    let known = other.map(|(known, _)| *known).or_else(|| nearest(&verb, VERBS));
    match known {
        Some("goto") => goto(rest).map_or(GOTO.to_owned(), |goto| format!("write `{goto}`")),
        Some("script") if rest.is_empty() => "write it as `script NAME`".to_owned(),
        Some("script") if rest.contains(' ') => {
            "write it as `script NAME`: the name of a script has no spaces".to_owned()
        }
        Some("script") => format!("write it as `script {}`", rest.trim_end_matches(".toml")),
        Some("hangup") if !rest.is_empty() && verb == "hangup" => format!("write `hangup {rest}`"),
        Some("hangup") => "write it as `hangup` or `hangup busy`".to_owned(),
        Some(near) => format!("write only `{near}`"),
        None => "write `continue`, `goto EXTENSION@CONTEXT`, `hangup`, `script NAME` or `again`"
            .to_owned(),
    }
}

/// What to write instead of a destination with other characters than those of a dialplan.
pub(super) fn destination(then: &str) -> String {
    let is_corrected = then.contains("${");
    let then = then.replace("${", "{");
    let rest = then.trim().strip_prefix("goto").unwrap_or_default();
    match goto(rest).filter(|goto| is_corrected || goto.trim() != then.trim()) {
        Some(goto) => format!("write `{goto}`"),
        None => "name an extension of the dialplan, not a device or an address: only letters, digits and \
                 _ + * # . -, at most 79"
            .to_owned(),
    }
}

/// Replaces the parentheses of a dialplan application by a space: `Goto(a,1,1)` is `Goto a,1,1`.
fn as_command(text: &str) -> String {
    let text = text.trim().trim_end_matches(';');
    let opened = match text.split_once('(').filter(|(verb, _)| !verb.contains(char::is_whitespace))
    {
        Some((verb, rest)) => format!("{verb} {}", rest.trim_end_matches(')')),
        None => text.to_owned(),
    };
    opened.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A destination in the order of a dialplan, as `then` writes it: Asterisk has CONTEXT,EXTENSION,PRIORITY, and
/// FreeSWITCH has EXTENSION XML CONTEXT. `None` if it cannot be told.
fn goto(rest: &str) -> Option<String> {
    let words: Vec<_> = rest.split_whitespace().collect();
    if let [extension, dialplan, context] = words.as_slice()
        && dialplan.eq_ignore_ascii_case("xml")
    {
        return written(extension, context, None);
    }
    let compact = words.concat();
    let is_device = compact
        .split_once('/')
        .is_some_and(|(technology, _)| TECHNOLOGIES.contains(&technology.to_lowercase().as_str()));
    if is_device {
        return None;
    }
    if let Some((extension, place)) = compact.split_once('@') {
        let (context, priority) = match place.split_once([',', ':', '|']) {
            Some((context, priority)) => (context, Some(priority)),
            None => (place, None),
        };
        return written(extension, context, priority);
    }
    match compact.split([',', '|', '/', ':']).collect::<Vec<_>>().as_slice() {
        [context, extension, priority] => written(extension, context, Some(priority)),
        // `EXTENSION,PRIORITY`: the context is that of the dialplan.
        [extension, priority] if priority.len() == 1 => {
            written(extension, "CONTEXT", Some(priority))
        }
        [extension] if is_number(extension) => Some(format!("goto {extension}")),
        [context, extension] if is_number(extension) => written(extension, context, None),
        [extension, context] if is_number(extension) => written(extension, context, None),
        _ => None,
    }
}

fn written(extension: &str, context: &str, priority: Option<&str>) -> Option<String> {
    let is_part = |part: &str| {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "_+*#.-{}$".contains(c);
        !part.is_empty() && part.chars().all(is_plain)
    };
    let priority = priority.unwrap_or_default();
    let all_valid =
        is_part(extension) && is_part(context) && (priority.is_empty() || is_part(priority));
    let comma = if priority.is_empty() { "" } else { "," };
    all_valid.then(|| format!("goto {extension}@{context}{comma}{priority}"))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}
