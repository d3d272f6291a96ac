//! What to write instead of a line that is not TOML.

use super::line::{SourceLine, SyntaxAdvice};

/// Quotes that word processors write, and the backquote.
const ODD_QUOTES: [char; 9] = ['“', '”', '„', '‟', '«', '»', '‘', '’', '`'];
/// Words that other formats have for `true` and `false`.
const YES: [&str; 4] = ["true", "yes", "on", "y"];
const NO: [&str; 4] = ["false", "no", "off", "n"];

/// Says what is wrong with a line. `reported` is the message of the parser, which is kept if no better one is known.
pub(super) fn advice(line: &SourceLine<'_>, reported: &str) -> SyntaxAdvice {
    let known = match reported {
        _ if reported.starts_with("missing escaped value") || reported.contains("escape") => {
            Some(backslash(line))
        }
        _ if has_odd_quotes(line) => Some(odd_quotes(line)),
        _ if reported.contains("unquoted key") || reported.starts_with("key with no value") => {
            no_key(line)
        }
        _ if reported.starts_with("invalid key-value pair") => Some(not_toml()),
        _ if reported.starts_with("string values must be quoted")
            || reported.starts_with("invalid boolean") =>
        {
            Some(no_quotes(line))
        }
        _ if reported.starts_with("invalid basic string") => Some(no_closing_quote('"')),
        _ if reported.starts_with("invalid literal string") => {
            Some(key_alone(line).unwrap_or_else(|| no_closing_quote('\'')))
        }
        _ if reported.starts_with("invalid ") && line.begins_key_or_table() => {
            Some(no_quotes(line))
        }
        _ if reported.starts_with("unexpected key or value") => Some(after_value(line)),
        _ if reported.starts_with("missing comma between key-value") => {
            let help = "separate the pairs by commas: `{ A = \"1\", B = \"2\" }`";
            Some(("there is no comma before this".to_owned(), help.to_owned()))
        }
        _ if reported.starts_with("unclosed table") => Some(unclosed_title(line)),
        _ if reported.starts_with("extra `=`") => {
            Some(("there is more than one `=`".to_owned(), "write one `=`".to_owned()))
        }
        _ if reported.starts_with("unexpected leading zero") => Some(leading_zero(line)),
        _ => None,
    };
    let (message, help) =
        known.map_or((reported.to_owned(), None), |(message, help)| (message, Some(help)));
    SyntaxAdvice { message, help, label: None }
}

/// A message and its help.
type Advice = (String, String);

fn backslash(line: &SourceLine<'_>) -> Advice {
    let (_, value) = line.key_and_value();
    let inner = value.strip_prefix('"').and_then(|rest| rest.split('"').next());
    let example = match inner {
        Some(inner) if !inner.contains('\'') => format!("'{inner}'"),
        _ => "'…'".to_owned(),
    };
    let message = "in double quotes, a backslash begins an escape such as `\\n`";
    let help =
        format!("write single quotes, in which a backslash is only a backslash: `{example}`");
    (message.to_owned(), help)
}

/// Whether the value is in odd quotes, or ends in one.
fn has_odd_quotes(line: &SourceLine<'_>) -> bool {
    let (key, value) = line.key_and_value();
    !key.starts_with(['#', '"', '\''])
        && (value.starts_with(ODD_QUOTES) || value.ends_with(ODD_QUOTES))
}

fn odd_quotes(line: &SourceLine<'_>) -> Advice {
    let (key, value) = line.key_and_value();
    let odd = value.chars().find(|c| ODD_QUOTES.contains(c)).unwrap_or('“');
    let text = value.trim_matches(|c| ODD_QUOTES.contains(&c) || matches!(c, '"' | '\''));
    let quote = if text.contains('\'') { '"' } else { '\'' };
    let help = match value.starts_with(['[', '{']) {
        true => "write plain quotes: `'` or `\"`".to_owned(),
        false => format!("write plain quotes: `{key} = {quote}{text}{quote}`"),
    };
    (format!("{odd} is not a quote that encloses a text"), help)
}

/// A line that does not begin with a key and `=`.
fn no_key(line: &SourceLine<'_>) -> Option<Advice> {
    let text = line.text.trim();
    for comment in [";", "//", "--"] {
        if let Some(rest) = text.strip_prefix(comment) {
            let message = format!("a comment begins with `#`, not with `{comment}`");
            return Some((message, format!("write `# {}`", rest.trim())));
        }
    }
    if text.starts_with(['{', '<', '}', '>']) || text == "---" {
        return Some(not_toml());
    }
    let (key, value) = text.split_once([':', ' ', '\t'])?;
    let is_key =
        !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b));
    if !is_key || text.contains('=') {
        return None;
    }
    let value = value.trim_start_matches([':', ' ', '\t']);
    let help = match value {
        "" => format!("write `{key} = …`, or a table as `[{key}]`"),
        value => format!("write `{key} = {}`", quoted_if_needed(value)),
    };
    Some(("there is no `=` between a key and its value".to_owned(), help))
}

fn not_toml() -> Advice {
    let help =
        "this file is TOML: it has tables such as `[prompt]`, and lines such as `say = \"Hello.\"`";
    ("this is not TOML".to_owned(), help.to_owned())
}

/// A value that is no number, no `true` or `false`, and not in quotes.
fn no_quotes(line: &SourceLine<'_>) -> Advice {
    let (key, value) = line.key_and_value();
    let value = value.split(" #").next().unwrap_or_default().trim();
    if value.is_empty() || value.starts_with('#') {
        let help = "write a value after `=`, or remove this line";
        return (format!("`{key}` has no value"), help.to_owned());
    }
    if value.starts_with(['[', '{']) {
        let help = "write each text in quotes";
        return ("a text must be in quotes".to_owned(), help.to_owned());
    }
    let plain = value.trim_end_matches([';', ',']).trim_end();
    let help = match is_list(line, key) {
        true => format!("write `{key} = [{}]`", quoted_items(plain)),
        false => format!("write `{key} = {}`", quoted_if_needed(plain)),
    };
    let message = match is_plain_value(plain) {
        true if plain != value => "nothing can follow the value",
        true => "not a value of TOML",
        false => "a text must be in quotes",
    };
    (message.to_owned(), help)
}

/// Whether the value of a key must be a list.
fn is_list(line: &SourceLine<'_>, key: &str) -> bool {
    match key {
        "listen" => matches!(line.table(), "[asterisk]" | "[freeswitch]"),
        _ => matches!(key, "allow" | "allow_hosts" | "allow_networks" | "command"),
    }
}

/// The items of a list. None of those that [`is_list`] names has a space in an item.
fn quoted_items(value: &str) -> String {
    let items = value.split([',', ' ', '\t']).filter(|item| !item.is_empty());
    items.map(|item| format!("{item:?}")).collect::<Vec<_>>().join(", ")
}

fn no_closing_quote(quote: char) -> Advice {
    let help = format!(
        "add `{quote}` at its end; a text of several lines stands between `{0}` and `{0}`",
        "\"\"\""
    );
    ("this text has no closing quote".to_owned(), help)
}

/// A word without `=` in an inline table, which the parser takes for a text without quotes; `None` if a quote is open.
fn key_alone(line: &SourceLine<'_>) -> Option<Advice> {
    let before = line.before_error();
    let start = before.rfind(['{', ',']).filter(|_| !line.is_in_quotes())? + 1;
    let word = before[start..].trim();
    let whole = before[..start - 1].rsplit(['=', ' ', '\t']).next().unwrap_or_default();
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if before[..start].ends_with(',') && is_number(word) && is_number(whole) {
        let message = "a number has a decimal point, not a comma";
        return Some((message.to_owned(), format!("write `{whole}.{word}`")));
    }
    let placeholder = before[..start].ends_with('{') && line.rest().trim_start().starts_with('}');
    let help = match placeholder {
        true => format!("for a placeholder, write it in quotes: `\"{{{word}}}\"`"),
        false => format!("write `{word} = …`"),
    };
    Some((format!("there is no `=` after `{word}`"), help))
}

/// Something behind a complete value.
fn after_value(line: &SourceLine<'_>) -> Advice {
    let (key, value) = line.key_and_value();
    let rest = line.rest().trim();
    if let [only @ (';' | ',')] = rest.chars().collect::<Vec<_>>().as_slice() {
        return ("nothing can follow the value".to_owned(), format!("remove the `{only}`"));
    }
    let inner = |quote| value.strip_prefix(quote).and_then(|value: &str| value.strip_suffix(quote));
    let (quote, other, inner) = match (inner('"'), inner('\'')) {
        (Some(inner), _) => ('"', '\'', inner),
        (_, Some(inner)) => ('\'', '"', inner),
        _ => {
            let help = "write the next key on a line of its own; a comment begins with `#`";
            return ("nothing can follow the value".to_owned(), help.to_owned());
        }
    };
    let help = match inner.contains(other) {
        true => format!("write the text between `{0}` and `{0}`", "\"\"\""),
        false => format!("write `{key} = {other}{inner}{other}`"),
    };
    (format!("the text ends at the `{quote}` before this"), help)
}

fn unclosed_title(line: &SourceLine<'_>) -> Advice {
    let name = line.text.trim().trim_matches(['[', ']']).trim();
    let (open, close) = if line.text.trim().starts_with("[[") { ("[[", "]]") } else { ("[", "]") };
    match name.split_whitespace().collect::<Vec<_>>().as_slice() {
        words @ [_, _, ..] if line.text.contains(']') => {
            let help = format!("write `{open}{}{close}`", words.join("_"));
            ("the title of a table has no spaces".to_owned(), help)
        }
        _ => (
            "the title of the table is not closed".to_owned(),
            format!("write `{open}{name}{close}`"),
        ),
    }
}

fn leading_zero(line: &SourceLine<'_>) -> Advice {
    let (key, value) = line.key_and_value();
    let number = value.trim_start_matches('0');
    let number = if number.is_empty() { "0" } else { number };
    let help = format!("write `{key} = {number}`, or `{key} = \"{value}\"` for a text");
    ("a number cannot begin with 0".to_owned(), help)
}

/// Whether a word is a number or means `true` or `false`.
fn is_plain_value(word: &str) -> bool {
    let word = word.to_lowercase();
    word.parse::<f64>().is_ok() || YES.contains(&word.as_str()) || NO.contains(&word.as_str())
}

/// A value as TOML writes it: a text in quotes, and `true` for `True` or `yes`.
fn quoted_if_needed(value: &str) -> String {
    let word = value.to_lowercase();
    match value.chars().next() {
        _ if YES.contains(&word.as_str()) => "true".to_owned(),
        _ if NO.contains(&word.as_str()) => "false".to_owned(),
        _ if value.parse::<f64>().is_ok() => value.to_owned(),
        Some('"' | '\'' | '[' | '{') => value.to_owned(),
        _ if value.contains(['"', '\\']) => format!("'{value}'"),
        _ => format!("\"{value}\""),
    }
}
