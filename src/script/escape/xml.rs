//! Escapes values for XML, so that the document stays well-formed whatever they contain.

/// Escapes a value in a text or in a quoted attribute.
pub(super) fn escape_text(value: &str, out: &mut String) {
    for c in allowed_characters(value) {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            c => out.push(c),
        }
    }
}

/// Escapes a value in a comment. Spaces around it and between its hyphens prevent `--`, which ends the comment.
pub(super) fn escape_comment(value: &str, out: &mut String) {
    out.push(' ');
    let mut previous = ' ';
    for c in allowed_characters(value) {
        if (previous, c) == ('-', '-') {
            out.push(' ');
        }
        out.push(c);
        previous = c;
    }
    out.push(' ');
}

/// Ends a CDATA section and begins the next one. The application reads both as one text.
pub(crate) const CDATA_SPLIT: &str = "]]><![CDATA[";

/// Escapes a value in a CDATA section. No `]` is followed by another character there, so there is no `]]>`.
pub(super) fn escape_cdata(value: &str, out: &mut String) {
    for c in allowed_characters(value) {
        out.push(c);
        if c == ']' {
            out.push_str(CDATA_SPLIT);
        }
    }
}

/// Replaces characters that XML does not allow by spaces (XML 1.0, section 2.2), and all other control characters.
fn allowed_characters(value: &str) -> impl Iterator<Item = char> {
    let is_allowed = |c: char| !c.is_control() && !matches!(c, '\u{FFFE}' | '\u{FFFF}');
    value.chars().map(move |c| if is_allowed(c) { c } else { ' ' })
}
