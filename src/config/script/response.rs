//! `[response]`: which value of the answer is compared, and how long the answer is cached.

use std::ops::Range;
use std::time::Duration;

use serde_spanned::Spanned;

use super::context::ScriptContext;
use crate::config::bounds::secs;
use crate::config::file::TomlFile;
use crate::config::table_reader::TableReader;
use crate::config::value::{DurationValue, FromText, ParsedText};
use crate::script::answer::AnswerFormat;
use crate::script::definition::{CacheKeyTemplate, ResponseCachePolicy, ScriptTrigger};
use crate::script::escape::EscapeContext;
use crate::script::path::KeyPath;
use crate::script::template::{Placeholder, Template};

/// Keys that belong only in this table.
pub(super) const OWN_KEYS: &[&str] =
    &["key", "read_as", "cache", "stale_for", "stale_if_error", "cache_key"];

/// The maximum time for which a stale answer is served, in seconds.
const MAX_STALE: u64 = 7 * 24 * 3600;

const KEY_HELP: &str = "the value that branches compare is `key`: write `key = \"data.code\"`";

#[derive(Debug)]
pub(crate) struct ResponseTable {
    pub(super) span: Range<usize>,
    key: Option<Spanned<String>>,
    read_as: Option<Spanned<ParsedText<AnswerFormat>>>,
    cache: Option<Spanned<DurationValue>>,
    stale_for: Option<Spanned<DurationValue>>,
    stale_if_error: Option<Spanned<DurationValue>>,
    cache_key: Option<Spanned<String>>,
}

impl FromText for AnswerFormat {
    const EXPECTED: &'static str = "\"json\", \"xml\", \"form\" or \"text\"";

    fn from_text(text: &str) -> Option<Self> {
        match text {
            "json" => Some(Self::Json),
            "xml" => Some(Self::Xml),
            "form" => Some(Self::Form),
            "text" => Some(Self::Text),
            _ => None,
        }
    }
}

impl ResponseTable {
    pub(super) fn read(table: &mut TableReader<'_, '_>) -> Self {
        table.explain(&["path", "field", "value", "json_path", "xpath"], KEY_HELP);
        table.explain(
            &["ttl", "cache_for", "expires"],
            "the time is `cache`: write `cache = \"5m\"`",
        );
        Self {
            span: table.span.clone(),
            key: table.take("key"),
            read_as: table.take("read_as"),
            cache: table.take("cache"),
            stale_for: table.take("stale_for"),
            stale_if_error: table.take("stale_if_error"),
            cache_key: table.take("cache_key"),
        }
    }

    pub(super) fn key(&self, file: &TomlFile) -> Option<KeyPath> {
        let given = self.key.as_ref()?;
        let key = key_path(file, given);
        if self.read_as() == Some(AnswerFormat::Text) {
            let help = "remove `key`: without it, the whole text is compared";
            file.error_with_help(given.span(), "plain text has no keys", help);
        }
        key
    }

    /// The format in which answers are read.
    pub(super) fn read_as(&self) -> Option<AnswerFormat> {
        self.read_as.as_ref().map(|format| format.get_ref().0)
    }

    /// How answers to `request` are cached. `script` is the context before the request.
    pub(super) fn cache_policy(
        &self,
        script: &ScriptContext<'_>,
        request: &ScriptTrigger,
        has_branches: bool,
    ) -> Option<ResponseCachePolicy> {
        let Some(given) = &self.cache else {
            self.check_uncached(script.file);
            return None;
        };
        if !has_branches {
            let help = "add a `[[branch]]`, or remove `cache`";
            let message = "only answers that match a branch are cached, and there is no branch";
            script.file.error_with_help(given.span(), message, help);
        }
        let key = self.cache_key.as_ref().map(|key| CacheKeyTemplate {
            source: source_text(request).into(),
            template: script.template(key, EscapeContext::CacheKey),
        });
        let stale = |given: &Option<_>| {
            script.file.duration(given.as_ref(), secs(0, MAX_STALE), Duration::ZERO)
        };
        let cache_policy = ResponseCachePolicy {
            fresh: fresh(script.file, given),
            stale: stale(&self.stale_for),
            stale_if_error: stale(&self.stale_if_error),
            key,
        };
        self.check_cache_key(script.file, request, &cache_policy);
        Some(cache_policy)
    }

    fn check_uncached(&self, file: &TomlFile) {
        let times = [&self.stale_for, &self.stale_if_error];
        let times = times.into_iter().flatten().map(Spanned::span);
        for span in times.chain(self.cache_key.as_ref().map(Spanned::span)) {
            let help = "add `cache = \"5m\"`, or remove this line";
            file.error_with_help(span, "this key has no effect without `cache`", help);
        }
    }

    /// Warns if callers with different input would get the same answer, and if the cache key differs in every call, so
    /// that cached answers are never used.
    fn check_cache_key(
        &self,
        file: &TomlFile,
        request: &ScriptTrigger,
        cache_policy: &ResponseCachePolicy,
    ) {
        if let (Some(key), Some(given)) = (&cache_policy.key, &self.cache_key) {
            let mut sent = placeholders(request);
            if let Some(left_out) = sent.find(|sent| is_left_out(sent, &key.template)) {
                let message =
                    format!("callers who enter a different {left_out} get the same answer");
                let help = format!("add {left_out} to `cache_key`, or remove `cache_key`");
                file.warn(given.span(), message, help);
            }
        }
        let given = self.cache_key.as_ref().map(Spanned::span);
        let given = given.or_else(|| self.cache.as_ref().map(Spanned::span));
        if let (Some(at), Some(unique)) = (given, unique_to_call(request, cache_policy)) {
            let message =
                format!("{unique} differs in every call: a cached answer is never used again");
            let help = "set `cache_key` to what the answer depends on, such as \"{keypress}\"";
            file.warn(at, message, help);
        }
    }
}

/// Reads a path to a value of the answer, written as `key`.
pub(super) fn key_path(file: &TomlFile, given: &Spanned<String>) -> Option<KeyPath> {
    let key = KeyPath::parse(given.get_ref());
    match (&key, other_notation(given.get_ref())) {
        (None, Some(ours)) => {
            let help = format!("write `key = {}`", in_quotes(&ours));
            file.error_with_help(given.span(), "not a valid response key", help);
        }
        (None, None) => {
            let help = "write it as `data.code`, `items[0].code` or `[\"odd.key\"]`";
            file.error_with_help(given.span(), "not a valid response key", help);
        }
        (Some(_), Some(ours)) if given.get_ref().contains('/') => {
            let help =
                format!("for a value inside another one, write `key = {}`", in_quotes(&ours));
            file.warn(given.span(), "`/` is a part of the name in a response key", help);
        }
        (Some(_), _) => {}
    }
    key
}

/// A key in the notation of a placeholder (`{$code}`), of JSONPath (`$.data.code`), of JavaScript or of JSON Pointer
/// (`/data/code`), as it must be written; `None` if it is none of them.
fn other_notation(key: &str) -> Option<String> {
    let bare = key.trim().trim_start_matches("${").trim_start_matches(['{', '$', '.', '/']);
    let bare = bare.trim_end_matches('}').replace('\'', "\"").replace("->", ".").replace("?.", ".");
    let is_pointer = !bare.contains("://") && !bare.contains(['[', '"']);
    let bare = if is_pointer { bare.replace('/', ".") } else { bare };
    KeyPath::parse(&bare).filter(|_| bare != key).map(|path| path.to_string())
}

/// A text in the quotes of TOML that need no escapes.
fn in_quotes(text: &str) -> String {
    if text.contains('"') { format!("'{text}'") } else { format!("\"{text}\"") }
}

fn fresh(file: &TomlFile, given: &Spanned<DurationValue>) -> Duration {
    let time = given.get_ref().0;
    if !secs(60, 999 * 60).contains(&time) {
        let help = "write it in minutes, such as `cache = \"5m\"`";
        let message = "out of range: must be between 1 and 999 minutes";
        file.error_with_help(given.span(), message, help);
    }
    time
}

/// The request as written in the file. Scripts with the same `cache_key` share cached answers only if this is also
/// equal.
fn source_text(request: &ScriptTrigger) -> String {
    let ScriptTrigger { method, url, fallback, headers, auth, body, .. } = request;
    format!("{:?}", (method, url, fallback, headers, auth, body))
}

fn placeholders(request: &ScriptTrigger) -> impl Iterator<Item = &Placeholder> {
    let headers = request.headers.iter().map(|(_, value)| value);
    let body = request.body.iter().map(|body| &body.text);
    let templates = [&request.url.template].into_iter().chain(headers).chain(body);
    templates.flat_map(Template::placeholders)
}

fn is_left_out(sent: &Placeholder, key: &Template) -> bool {
    let script = input_script(sent);
    script.is_some() && !key.placeholders().any(|in_key| input_script(in_key) == script)
}

/// The script whose input the placeholder stands for; empty for this script. Keypress and speech are the same input.
fn input_script(placeholder: &Placeholder) -> Option<&str> {
    match placeholder {
        Placeholder::Keypress | Placeholder::Speech | Placeholder::Input => Some(""),
        Placeholder::OtherScript(script, _) => Some(script),
        _ => None,
    }
}

/// A placeholder in the cache key whose value differs in every call.
fn unique_to_call<'t>(
    request: &'t ScriptTrigger,
    cache_policy: &'t ResponseCachePolicy,
) -> Option<&'t Placeholder> {
    let is_unique = |placeholder: &&Placeholder| {
        matches!(placeholder, Placeholder::CallId | Placeholder::Channel)
    };
    match &cache_policy.key {
        Some(key) => key.template.placeholders().find(is_unique),
        None => placeholders(request).find(is_unique),
    }
}
