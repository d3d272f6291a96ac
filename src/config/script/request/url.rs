//! `url` and `fallback_url` of a request.

use serde_spanned::Spanned;
use url::{ParseError, Url as ParsedUrl};

use crate::config::script::context::{SampleValues, ScriptContext, SpannedPiece};
use crate::script::definition::UrlTemplate;
use crate::script::request::url_credentials;
use crate::script::template::{
    BraceSyntax, MisleadingBraces, Template, TemplatePiece, find_misleading_braces,
};

const EXAMPLE: &str = "write it as `https://shop.example/orders?id={keypress}`";

pub(super) fn url(script: &ScriptContext<'_>, text: &Spanned<String>) -> UrlTemplate {
    warn_dollar_signs(script, text);
    let spanned = script.spanned_pieces(text, BraceSyntax::Doubled);
    let begins_with_value = matches!(spanned.first(), Some((_, TemplatePiece::Placeholder(_))));
    let first_value =
        spanned.iter().find(|(_, piece)| matches!(piece, TemplatePiece::Placeholder(_)));
    let first_value = first_value.map(|(at, _)| script.file.span_in(text, at.clone()));
    warn_of_fragment(script, text, &spanned);
    let (template, decides_host) = Template::url(spanned.into_iter().map(|(_, piece)| piece));
    let error = url_error(text.get_ref(), &template, begins_with_value, decides_host);
    match error {
        Some(UrlError { message, help }) => script.file.error_with_help(text.span(), message, help),
        None if decides_host => script.check_host(first_value.unwrap_or_else(|| text.span())),
        None => {}
    }
    UrlTemplate { template, decides_host }
}

/// Warns of a `#`: nothing from there on is sent.
fn warn_of_fragment(script: &ScriptContext<'_>, text: &Spanned<String>, pieces: &[SpannedPiece]) {
    let fragment = pieces.iter().find_map(|(at, piece)| match piece {
        TemplatePiece::Text(literal) => Some(at.start + literal.find('#')?),
        TemplatePiece::Placeholder(_) => None,
    });
    if let Some(start) = fragment {
        let span = script.file.span_in(text, start..text.get_ref().len());
        let help = "write `%23` for a `#` that belongs to a value, or remove this part";
        script.file.warn(span, "this part of the URL is not sent: it begins with `#`", help);
    }
}

/// In a URL, a value after a dollar sign is no amount of money.
fn warn_dollar_signs(script: &ScriptContext<'_>, text: &Spanned<String>) {
    let found = find_misleading_braces(text.get_ref(), BraceSyntax::Doubled);
    for MisleadingBraces { range, message, help, .. } in
        found.into_iter().filter(|b| b.can_be_amount)
    {
        script.file.warn(script.file.span_in(text, range), message, help);
    }
}

struct UrlError {
    message: String,
    help: String,
}

/// Why a text is not a URL; `None` if it is one.
fn url_error(
    text: &str,
    url: &Template,
    begins_with_value: bool,
    decides_host: bool,
) -> Option<UrlError> {
    let error = |message: String, help: &str| Some(UrlError { message, help: help.to_owned() });
    let sample = SampleValues(if begins_with_value { "http://sample.example" } else { "1" });
    let filled = url.fill(&sample).ok()?;
    let parsed = ParsedUrl::parse(filled.text());
    if let Some(error) = scheme_error(text, &parsed, decides_host && !begins_with_value) {
        return Some(error);
    }
    match parsed {
        _ if has_spaces(text) => {
            error("a URL cannot contain spaces: write `%20`".to_owned(), EXAMPLE)
        }
        Err(e) => error(format!("not a valid URL: {e}"), EXAMPLE),
        Ok(url) if !matches!(url.scheme(), "http" | "https") => {
            error(format!("unsupported scheme `{}`: use http or https", url.scheme()), EXAMPLE)
        }
        Ok(_) => None,
    }
}

/// The error for a URL that does not begin with a scheme, or in which the two slashes after it are missing.
/// `host_depends` is whether a placeholder decides the host. Then the slashes must be there: without them, the parser
/// would still find a host.
fn scheme_error(
    text: &str,
    parsed: &Result<ParsedUrl, ParseError>,
    host_depends: bool,
) -> Option<UrlError> {
    let after_scheme = split_scheme(text).filter(|(_, rest)| !rest.starts_with("//"));
    if let (true, Some((scheme, rest))) = (host_depends, after_scheme) {
        let rest = rest.trim_start_matches(['/', '\\']);
        let message = "two slashes must follow the scheme of a URL".to_owned();
        return Some(UrlError { message, help: format!("write `{scheme}://{rest}`") });
    }
    let is_host_and_port = |url: &ParsedUrl| {
        url.cannot_be_a_base() && url.path().starts_with(|c: char| c.is_ascii_digit())
    };
    let has_none = match parsed {
        Err(ParseError::RelativeUrlWithoutBase) => true,
        Ok(url) => is_host_and_port(url) || (url.scheme().contains('.') && url.cannot_be_a_base()),
        Err(_) => false,
    };
    has_none.then(|| UrlError {
        message: "a URL begins with `https://` or `http://`".to_owned(),
        help: scheme_help(text.trim()),
    })
}

fn scheme_help(text: &str) -> String {
    if text.starts_with('/') && !text.starts_with("//") {
        return EXAMPLE.to_owned();
    }
    // In `https//shop.example`, only the colon is missing.
    let without_name = ["https", "http"].iter().find_map(|scheme| text.strip_prefix(scheme));
    let rest = without_name.filter(|rest| rest.starts_with("//")).unwrap_or(text);
    let rest = rest.trim_start_matches('/');
    format!("add it: `https://{rest}`, or `http://{rest}` if the web server has no encryption")
}

/// Whether there are spaces or control characters. Those in braces belong to a placeholder.
fn has_spaces(text: &str) -> bool {
    let mut outside =
        text.split('{').map(|part| part.split_once('}').map_or(part, |(_, rest)| rest));
    outside.any(|part| part.contains(|c: char| c.is_whitespace() || c.is_control()))
}

/// The scheme in lower case, if it is `http` or `https`, and what follows its colon.
fn split_scheme(text: &str) -> Option<(String, &str)> {
    let (scheme, rest) = text.split_once(':')?;
    let scheme = scheme.to_ascii_lowercase();
    matches!(&*scheme, "http" | "https").then_some((scheme, rest))
}

/// Whether a URL contains credentials before the host.
pub(super) fn has_user(url: &Spanned<String>) -> bool {
    url_credentials(url.get_ref()).is_some()
}
