//! The URL of a request.

use std::ops::Range;

use serde_spanned::Spanned;
use url::Url;

use super::scope::{Sample, Scope};
use crate::script::template::{BraceSyntax, Template, TemplatePiece};

const EXAMPLE: &str = "write it as `https://shop.example/orders?id={keypress}`";

impl Scope<'_> {
    /// The URL, and whether a placeholder decides its host.
    pub(crate) fn url(&self, text: &Spanned<String>) -> (Template, bool) {
        let placed = self.placed(text, BraceSyntax::Doubled);
        let begins_with_value = matches!(placed.first(), Some((_, TemplatePiece::Placeholder(_))));
        let first_value =
            placed.iter().find(|(_, piece)| matches!(piece, TemplatePiece::Placeholder(_)));
        let first_value = first_value.map(|(at, _)| self.file.inside(text, at.clone()));
        let (url, decides_host) = Template::url(placed.into_iter().map(|(_, piece)| piece));
        if decides_host {
            self.check_host(first_value.unwrap_or_else(|| text.span()));
        }
        self.check_url(text, &url, begins_with_value);
        (url, decides_host)
    }

    /// A placeholder may decide a host where the operator named some.
    pub(crate) fn check_host(&self, at: Range<usize>) {
        if self.world.egress.allow_hosts.is_empty() {
            let help =
                "name the hosts that it may be in `allow_hosts` of [egress], in the daemon's file";
            self.file.fault_help(at, "a placeholder decides the host", help);
        }
    }

    fn check_url(&self, text: &Spanned<String>, url: &Template, begins_with_value: bool) {
        let sample = Sample(if begins_with_value { "http://sample.example" } else { "1" });
        let Ok(filled) = url.fill(&sample) else { return };
        let wrong = |what: String| self.file.fault_help(text.span(), what, EXAMPLE);
        match Url::parse(filled.text()) {
            _ if text.get_ref().contains(|c: char| c.is_whitespace() || c.is_control()) => {
                wrong("a URL has no spaces: write `%20`".to_owned());
            }
            Err(e) => wrong(format!("this is no URL: {e}")),
            Ok(url) if !matches!(url.scheme(), "http" | "https") => {
                wrong(format!("`{}` is no scheme that is asked here", url.scheme()));
            }
            Ok(_) => {}
        }
    }
}
