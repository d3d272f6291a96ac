//! `url` and `fallback_url` of a request.

use serde_spanned::Spanned;
use url::{ParseError, Url as ParsedUrl};

use crate::config::script::context::{SampleValues, ScriptContext};
use crate::script::definition::UrlTemplate;
use crate::script::template::{BraceSyntax, Template, TemplatePiece};

const EXAMPLE: &str = "write it as `https://shop.example/orders?id={keypress}`";

pub(super) fn url(script: &ScriptContext<'_>, text: &Spanned<String>) -> UrlTemplate {
    let spanned = script.spanned_pieces(text, BraceSyntax::Doubled);
    let begins_with_value = matches!(spanned.first(), Some((_, TemplatePiece::Placeholder(_))));
    let first_value =
        spanned.iter().find(|(_, piece)| matches!(piece, TemplatePiece::Placeholder(_)));
    let first_value = first_value.map(|(at, _)| script.file.span_in(text, at.clone()));
    let (template, decides_host) = Template::url(spanned.into_iter().map(|(_, piece)| piece));
    // A URL without a scheme has no host that a value could decide.
    let is_url = check(script, text, &template, begins_with_value);
    if is_url && decides_host {
        script.check_host(first_value.unwrap_or_else(|| text.span()));
    }
    UrlTemplate { template, decides_host }
}

/// Reports a text that is not a URL, and tells whether it is one.
fn check(
    script: &ScriptContext<'_>,
    text: &Spanned<String>,
    url: &Template,
    begins_with_value: bool,
) -> bool {
    let sample = SampleValues(if begins_with_value { "http://sample.example" } else { "1" });
    let Ok(filled) = url.fill(&sample) else { return true };
    let message = match ParsedUrl::parse(filled.text()) {
        _ if text.get_ref().contains(|c: char| c.is_whitespace() || c.is_control()) => {
            "a URL cannot contain spaces: write `%20`".to_owned()
        }
        Err(ParseError::RelativeUrlWithoutBase) => {
            "a URL begins with `https://` or `http://`".to_owned()
        }
        Err(e) => format!("not a valid URL: {e}"),
        Ok(url) if !matches!(url.scheme(), "http" | "https") => {
            format!("unsupported scheme `{}`: use http or https", url.scheme())
        }
        Ok(_) => return true,
    };
    script.file.error_with_help(text.span(), message, EXAMPLE);
    false
}

/// Whether a URL contains credentials before the host.
pub(super) fn has_user(url: &Spanned<String>) -> bool {
    let after_scheme = url.get_ref().split_once("://").map_or("", |(_, rest)| rest);
    let authority = after_scheme.split(['/', '?', '#']).next().unwrap_or_default();
    authority.contains('@')
}
