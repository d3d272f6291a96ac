//! Caller ids that stand for a caller who is withheld or unknown.
//!
//! Trunks and switches do not agree on a text for such a caller, so both drivers compare with the list of this file.

/// First words of such a caller id, in lowercase. RFC 3323 defines `anonymous`; `0000000000` is FreeSWITCH's own
/// (`SWITCH_DEFAULT_CLID_NUMBER` in `switch_types.h`).
const WITHHELD_WORDS: [&str; 7] =
    ["anonymous", "unknown", "unavailable", "restricted", "private", "withheld", "0000000000"];

/// Words that may follow, such as in `Private Number`.
const SUBJECTS: [&str; 4] = ["caller", "number", "name", "user"];

/// The host of an anonymous caller's URI (RFC 3323, 4.1.1.3).
const ANONYMOUS_HOST: &str = "anonymous.invalid";

/// Whether a caller's number or name stands for a caller who is withheld or unknown. It may also be a SIP URI. A name
/// that only begins like one of the list, such as `Private Bank Ltd`, is a name like any other.
pub(crate) fn means_withheld(caller_id: &str) -> bool {
    match user_part(caller_id) {
        Some(user) => is_withheld_text(user),
        None => true,
    }
}

fn is_withheld_text(text: &str) -> bool {
    let text = text.to_lowercase();
    let mut words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let Some(first) = words.next() else { return is_blank(&text) };
    let subject = words.next();
    WITHHELD_WORDS.contains(&first)
        && subject.is_none_or(|subject| SUBJECTS.contains(&subject))
        && words.next().is_none()
}

fn is_blank(text: &str) -> bool {
    text.chars().all(|c| c.is_whitespace() || matches!(c, '"' | '<' | '>'))
}

/// The user of a URI such as `<sip:100@host;user=phone>`. A text that is not a URI is returned as it is. `None` if the
/// host says that the user is anonymous.
fn user_part(caller_id: &str) -> Option<&str> {
    let text = caller_id.trim().trim_start_matches('<').trim_end_matches('>');
    let uri = ["sip:", "sips:", "tel:"].into_iter().find_map(|scheme| strip_scheme(text, scheme));
    let text = uri.unwrap_or(text);
    let (user, host) = text.rsplit_once('@').unwrap_or((text, ""));
    let host = host.split([':', ';', '>']).next().unwrap_or_default();
    let user = if uri.is_some() { user.split(';').next().unwrap_or_default() } else { user };
    (!host.eq_ignore_ascii_case(ANONYMOUS_HOST)).then_some(user)
}

fn strip_scheme<'a>(text: &'a str, scheme: &str) -> Option<&'a str> {
    let (start, rest) = text.split_at_checked(scheme.len())?;
    start.eq_ignore_ascii_case(scheme).then_some(rest)
}
