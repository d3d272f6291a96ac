//! How FreeSWITCH encodes, expands and splits texts (`switch_utils.c`, `switch_channel.c`).

/// Encodes a header value: characters that are special in a URL become `%XX`. A `%` before two digits of `0`–`9`,
/// `A`–`F` is not encoded (`switch_url_encode_opt`), so a decoded value may differ from the original.
pub(super) fn url_encode(value: &str) -> String {
    if value.is_empty() {
        return "_undef_".to_owned();
    }
    let bytes = value.as_bytes();
    let mut encoded = String::with_capacity(bytes.len());
    for (at, &byte) in bytes.iter().enumerate() {
        match byte {
            b'%' if is_encoded(&bytes[at + 1..]) => encoded.push('%'),
            b'!'..=b'~' if !UNSAFE.contains(&byte) => encoded.push(char::from(byte)),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

/// `SWITCH_URL_UNSAFE`
const UNSAFE: &[u8] = b"\r\n \"#%&+:;<=>?@[\\]^`{|}";

fn is_encoded(rest: &[u8]) -> bool {
    let is_hex = |byte: &u8| matches!(byte, b'0'..=b'9' | b'A'..=b'F');
    rest.len() >= 2 && rest[..2].iter().all(is_hex)
}

/// `switch_channel_expand_variables_check`: `${name}` becomes the value of the variable. A function call becomes empty.
pub(super) fn expand(text: &str, variable: impl Fn(&str) -> Option<String>) -> String {
    if !has_variable(text) && !has_escape(text) {
        return text.to_owned();
    }
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(char) = rest.chars().next() {
        let (piece, after) = match rest.as_bytes() {
            [b'\\', b'$', b'$', ..] => ("$".to_owned(), &rest[3..]),
            [b'\\', b'$', ..] => ("$".to_owned(), &rest[2..]),
            [b'\\', b'\'', ..] => (String::new(), &rest[2..]),
            [b'\\', b'\\', ..] => ("\\".to_owned(), &rest[2..]),
            [b'$', b'$', b'{', ..] => expand_reference(&rest[3..], &variable),
            [b'$', b'{', ..] => expand_reference(&rest[2..], &variable),
            _ => (char.to_string(), &rest[char.len_utf8()..]),
        };
        out.push_str(&piece);
        rest = after;
    }
    out
}

/// Expands a variable. `rest` begins with its name, which ends at `}`. Returns its value and the text after the brace.
fn expand_reference(rest: &str, variable: impl Fn(&str) -> Option<String>) -> (String, &str) {
    let (name, after) = rest.split_once('}').unwrap_or((rest, ""));
    (variable(name).unwrap_or_default(), after)
}

/// `switch_string_var_check_const`
fn has_variable(text: &str) -> bool {
    let mut dollar = false;
    for char in text.chars() {
        match char {
            '$' => dollar = true,
            '{' if dollar => return true,
            '\\' => {}
            _ => dollar = false,
        }
    }
    false
}

/// `switch_string_has_escaped_data`
fn has_escape(text: &str) -> bool {
    [r"\\", r"\n", r"\s", r"\t", r"\'"].iter().any(|escape| text.contains(escape))
}

/// `separate_string_char_delim`: a separator in quotes or after a backslash does not count.
pub(super) fn split(text: &str, separator: char) -> Vec<String> {
    let (mut parts, mut part, mut quoted) = (Vec::new(), String::new(), false);
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        match char {
            '\\' => {
                part.push(char);
                part.extend(chars.next());
            }
            '\'' if quoted || chars.as_str().contains('\'') => {
                quoted = !quoted;
                part.push(char);
            }
            char if char == separator && !quoted => parts.push(std::mem::take(&mut part)),
            char => part.push(char),
        }
    }
    parts.push(part);
    parts.iter().map(|part| cleanup(part, separator)).collect()
}

/// `cleanup_separated_string`: resolves escapes, removes pairs of quotes, and trims spaces.
fn cleanup(text: &str, separator: char) -> String {
    let (mut out, mut end, mut quoted) = (String::new(), 0, false);
    let mut chars = text.trim_start_matches(' ').chars().peekable();
    while let Some(char) = chars.next() {
        let escaped = chars.peek().and_then(|&next| unescape(next, separator));
        match (char, escaped) {
            ('\\', Some(meant)) => {
                chars.next();
                out.push(meant);
                end = out.len();
            }
            ('\'', _) if quoted || chars.clone().any(|later| later == '\'') => {
                quoted = !quoted;
                end = if quoted { out.len() } else { end };
            }
            _ => {
                out.push(char);
                end = if char != ' ' || quoted { out.len() } else { end };
            }
        }
    }
    out.truncate(end);
    out
}

fn unescape(escaped: char, separator: char) -> Option<char> {
    match escaped {
        'n' => Some('\n'),
        'r' => Some('\r'),
        't' => Some('\t'),
        's' => Some(' '),
        '\'' | '"' | '\\' => Some(escaped),
        other => (other == separator).then_some(other),
    }
}
