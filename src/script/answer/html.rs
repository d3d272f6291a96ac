//! Recognizes HTML, and messages that PHP writes in front of an answer.

/// Elements with which an HTML page, or a part of one, begins.
const HTML_ELEMENTS: [&str; 37] = [
    "a", "article", "b", "big", "body", "br", "center", "div", "em", "font", "footer", "form",
    "h1", "h2", "h3", "h4", "head", "header", "hr", "html", "i", "iframe", "img", "link", "main",
    "meta", "nav", "noscript", "p", "pre", "script", "section", "span", "strong", "style", "table",
    "title",
];

/// How PHP's messages begin.
const PHP_LEVELS: [&str; 8] = [
    "Warning",
    "Notice",
    "Deprecated",
    "Fatal error",
    "Parse error",
    "Strict Standards",
    "Catchable fatal error",
    "Recoverable fatal error",
];

/// The longest message of PHP that is kept, in characters. It is checked for sensitive values before it is shown.
const MAX_PHP_MESSAGE: usize = 1000;

/// Whether a text that begins with `<` is an HTML page. With `any_element`, it is one too if it begins with an element
/// of HTML, such as `<h1>`, without an XML declaration in front.
pub(super) fn is_page(text: &str, any_element: bool) -> bool {
    let any_element = any_element && !text.starts_with("<?xml");
    let text = skip_prolog(text);
    if let Some(doctype) = strip_prefix_ignoring_case(text, "<!doctype") {
        return strip_prefix_ignoring_case(doctype.trim_start(), "html").is_some();
    }
    let name = text.strip_prefix('<').unwrap_or_default();
    let end = name.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(name.len());
    let is = |known: &str| name[..end].eq_ignore_ascii_case(known);
    is("html") || (any_element && HTML_ELEMENTS.into_iter().any(is))
}

/// The text after comments and processing instructions.
fn skip_prolog(mut text: &str) -> &str {
    while let Some(rest) = skip(text, "<!--", "-->").or_else(|| skip(text, "<?", "?>")) {
        text = rest.trim_start();
    }
    text
}

fn skip<'a>(text: &'a str, begin: &str, end: &str) -> Option<&'a str> {
    let rest = text.strip_prefix(begin)?;
    Some(rest.find(end).map_or("", |at| &rest[at + end.len()..]))
}

fn strip_prefix_ignoring_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (start, rest) = text.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// The first line of PHP's message, if the text begins with one: `Warning: Undefined variable $x`. PHP writes it as
/// HTML or, with `html_errors = 0`, as text. Without control characters and without the file's name.
pub(super) fn php_message(text: &str) -> Option<String> {
    let html = text.strip_prefix("<br />").map(str::trim_start);
    let html = html.and_then(|html| html.strip_prefix("<b>"));
    let (rest, level_end) = match html {
        Some(html) => (html, "</b>:"),
        None => (text.strip_prefix("PHP ").unwrap_or(text), ":"),
    };
    let level = PHP_LEVELS.into_iter().find(|level| rest.starts_with(level))?;
    let message = rest[level.len()..].strip_prefix(level_end)?;
    let line = message.lines().next().unwrap_or_default();
    let (before, file) = line.rsplit_once(" in ").unwrap_or((line, ""));
    // Any text may begin with `Warning:`.
    if html.is_none() && !file.contains(" on line ") && !before.contains("Uncaught") {
        return None;
    }
    let words = before.split(|c: char| c.is_whitespace() || c.is_control());
    let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
    Some(format!("{level}: {}", words.join(" ")).chars().take(MAX_PHP_MESSAGE).collect())
}
