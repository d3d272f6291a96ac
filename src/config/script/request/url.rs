//! `url` and `fallback_url` of a request.

use serde_spanned::Spanned;
use url::{ParseError, Url as ParsedUrl};

use crate::config::script::context::{SampleValues, ScriptContext, SpannedPiece};
use crate::script::definition::UrlTemplate;
use crate::script::request::url_credentials;
use crate::script::template::{BraceSyntax, Template, TemplatePiece};

const EXAMPLE: &str = "write it as `https://shop.example/orders?id={keypress}`";

pub(super) fn url(script: &ScriptContext<'_>, text: &Spanned<String>) -> UrlTemplate {
    let spanned = script.spanned_pieces(text, BraceSyntax::Doubled);
    let begins_with_value = matches!(spanned.first(), Some((_, TemplatePiece::Placeholder(_))));
    let first_value =
        spanned.iter().find(|(_, piece)| matches!(piece, TemplatePiece::Placeholder(_)));
    let first_value = first_value.map(|(at, _)| script.file.span_in(text, at.clone()));
    warn_of_fragment(script, text, &spanned);
    let pieces = spanned.into_iter().map(|(_, piece)| piece);
    let (template, decides_host) = Template::url(pieces);
    // A URL without a scheme has no host that a value could decide.
    let is_url = check(script, text, &template, begins_with_value);
    if is_url && decides_host {
        script.check_host(first_value.unwrap_or_else(|| text.span()));
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
    url_credentials(url.get_ref()).is_some()
}
