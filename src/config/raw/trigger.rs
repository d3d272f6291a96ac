//! A request as it was typed, and what of its answer counts.

use std::ops::Range;

use serde_spanned::Spanned;

use super::waiting::Waiting;
use crate::config::table_reader::TableReader;
use crate::config::value::{DurationValue, TextOrList, TextOrTable, WholeNumber};

#[derive(Debug)]
pub(crate) struct Trigger {
    pub(crate) span: Range<usize>,
    pub(crate) url: Option<Spanned<String>>,
    pub(crate) fallback_url: Option<Spanned<String>>,
    pub(crate) background: Option<Spanned<bool>>,
    pub(crate) headers: Option<TextOrTable>,
    pub(crate) auth: Option<Auth>,
    pub(crate) sign: Option<TextOrList>,
    pub(crate) attempt_timeout: Option<Spanned<DurationValue>>,
    pub(crate) retry: Option<Spanned<WholeNumber>>,
    pub(crate) body: Option<TextOrTable>,
    pub(crate) raw_json: Option<Spanned<bool>>,
    pub(crate) waiting: Waiting,
    pub(crate) timeout: Option<Spanned<DurationValue>>,
}

#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) span: Range<usize>,
    pub(crate) key: Option<Spanned<String>>,
    pub(crate) cache: Option<Spanned<DurationValue>>,
    pub(crate) stale_for: Option<Spanned<DurationValue>>,
    pub(crate) stale_if_error: Option<Spanned<DurationValue>>,
    pub(crate) cache_key: Option<Spanned<String>>,
}

/// Who a request says we are.
#[derive(Debug)]
pub(crate) struct Auth {
    pub(crate) span: Range<usize>,
    pub(crate) user: Option<Spanned<String>>,
    pub(crate) password: Option<Spanned<String>>,
    pub(crate) bearer: Option<Spanned<String>>,
}

impl Trigger {
    pub(crate) fn is_background(&self) -> bool {
        self.background.as_ref().is_some_and(|background| *background.get_ref())
    }

    pub(super) fn read(mut section: TableReader<'_, '_>) -> Self {
        let raw = Self {
            background: section.take("background"),
            waiting: Waiting::read(&mut section),
            ..Self::request(&mut section)
        };
        section.finish();
        raw
    }

    /// A request that nobody could wait for.
    pub(super) fn read_alone(mut section: TableReader<'_, '_>) -> Self {
        let raw = Self::request(&mut section);
        section.finish();
        raw
    }

    fn request(section: &mut TableReader<'_, '_>) -> Self {
        Self {
            span: section.span.clone(),
            url: section.require("url", "write what is asked, such as `url = \"https://shop.example/orders?id={keypress}\"`"),
            fallback_url: section.take("fallback_url"),
            background: None,
            headers: section.text_or_table("headers"),
            auth: section.table_or_help("auth", Auth::EXAMPLE).map(Auth::read),
            sign: section.text_or_list("sign"),
            body: section.text_or_table("body"),
            raw_json: section.take("raw_json"),
            waiting: Waiting::default(),
            timeout: section.take("timeout"),
            attempt_timeout: section.take("attempt_timeout"),
            retry: section.take("retry"),
        }
    }
}

impl Auth {
    /// How it can be written.
    pub(crate) const EXAMPLE: &str = "write `auth = { user = \"ivr\", password = \"{secret.SHOP}\" }` \
                                      or `auth = { bearer = \"{secret.TOKEN}\" }`";

    fn read(mut section: TableReader<'_, '_>) -> Self {
        let raw = Self {
            span: section.span.clone(),
            user: section.take("user"),
            password: section.take("password"),
            bearer: section.take("bearer"),
        };
        section.finish();
        raw
    }
}

impl Response {
    pub(super) fn read(mut section: TableReader<'_, '_>) -> Self {
        let raw = Self {
            span: section.span.clone(),
            key: section.take("key"),
            cache: section.take("cache"),
            stale_for: section.take("stale_for"),
            stale_if_error: section.take("stale_if_error"),
            cache_key: section.take("cache_key"),
        };
        section.finish();
        raw
    }
}
