//! What is sent, where to, who we say we are, and how often it is tried.

use std::time::Duration;

use serde_spanned::Spanned;

use super::keypress::is;
use super::scope::Scope;
use crate::config::bounds::millis;
use crate::config::payload;
use crate::config::raw::{Texts, trigger as raw};
use crate::script::definition::{
    AuthTemplate, BodyTemplate, HoldMediaTemplate, RetryPolicy, ScriptTrigger, UrlTemplate,
};
use crate::script::escape::EscapeContext;
use crate::script::template::{Placeholder, Template};

/// Whether somebody waits for the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A caller does.
    Waited,
    /// Nobody does: there is time.
    Background,
}

/// For one attempt in the background: a web application that stays silent must not hold a place that callers need for
/// as long as there is time.
const UNHURRIED: Duration = Duration::from_secs(10);

/// Most keys that sign one request: the new one, and the old one until the other side has changed.
const MOST_KEYS: usize = 2;

/// Fewest characters of a key; a shorter one is a warning.
const SHORTEST_KEY: usize = 16;

impl Scope<'_> {
    /// A request as such: nothing about its answer.
    pub(crate) fn sent(&self, raw: &raw::Trigger, kind: Kind) -> ScriptTrigger {
        let headers = raw.headers.as_ref().map(|h| payload::headers(self, h)).unwrap_or_default();
        let names_itself = headers.iter().any(|(name, _)| *name == http::header::AUTHORIZATION);
        let mut urls = raw.url.iter().chain(&raw.fallback_url);
        if let (Some(auth), true) = (&raw.auth, names_itself || urls.any(has_user)) {
            let help =
                "take the header `Authorization`, or the name before the host, out; or `auth`";
            self.file.fault_help(auth.span.clone(), "this request says twice who we are", help);
        }
        ScriptTrigger {
            url: raw.url.as_ref().map(|url| self.to(url)).unwrap_or_default(),
            fallback: raw.fallback_url.as_ref().map(|url| self.to(url)),
            headers,
            auth: raw.auth.as_ref().and_then(|auth| self.auth(auth)),
            body: self.body(raw),
            signing_keys: raw.sign.as_ref().map(|keys| self.signed_by(keys)).unwrap_or_default(),
            retry_policy: self.patience(raw, kind),
            hold_media: HoldMediaTemplate::default(),
            background: false,
            response_key: None,
            cache_policy: None,
        }
    }

    fn to(&self, url: &Spanned<String>) -> UrlTemplate {
        let (template, decides_host) = self.url(url);
        UrlTemplate { template, decides_host }
    }

    fn body(&self, raw: &raw::Trigger) -> Option<BodyTemplate> {
        let raw_json = is(raw.raw_json.as_ref(), false);
        if let (Some(given), true, None) = (&raw.raw_json, raw_json, &raw.body) {
            let help = "add `body = \"a={caller}&b={keypress}\"`";
            self.file.fault_help(given.span(), "there is no body to make JSON of", help);
        }
        raw.body.as_ref().map(|body| payload::body(self, body, raw_json))
    }

    fn auth(&self, raw: &raw::Auth) -> Option<AuthTemplate> {
        let text = |text: &Spanned<String>| self.template(text, EscapeContext::Header);
        match (&raw.user, &raw.password, &raw.bearer) {
            (Some(user), Some(password), None) => {
                if user.get_ref().contains(':') {
                    let what = "a name with a colon can't be sent: the password would begin at it";
                    self.file.fault(user.span(), what);
                }
                Some(AuthTemplate::Basic(text(user), text(password)))
            }
            (None, None, Some(token)) => Some(AuthTemplate::Bearer(text(token))),
            (user, password, bearer) => {
                let twice = bearer.is_some() && (user.is_some() || password.is_some());
                let what = match twice {
                    true => "this says twice who we are",
                    false => "this does not say who we are",
                };
                self.file.fault_help(raw.span.clone(), what, raw::Auth::EXAMPLE);
                None
            }
        }
    }

    fn signed_by(&self, keys: &Texts) -> Vec<Template> {
        let keys = keys.as_slice();
        if let Some(third) = keys.get(MOST_KEYS) {
            let help = "two keys are enough to change from one to the other";
            self.file.fault_help(third.span(), "a request is signed by two keys at most", help);
        }
        keys.iter().map(|key| self.signing_key(key)).collect()
    }

    fn signing_key(&self, key: &Spanned<String>) -> Template {
        let template = self.template(key, EscapeContext::Variable);
        let mut placeholders = template.placeholders();
        match (placeholders.next(), placeholders.next()) {
            (Some(Placeholder::Secret(name)), None) => self.check_key(name, key),
            _ => {
                let help = "write the key into the secrets folder, and its name here: \
                            `sign = \"{secret.NAME}\"`";
                self.file.fault_help(key.span(), "this is no secret", help);
            }
        }
        drop(placeholders);
        template
    }

    /// A key as it is used here, and as the other side has it, are one text only where it is on one line.
    fn check_key(&self, name: &str, at: &Spanned<String>) {
        let Ok(key) = self.world.secrets.value(name) else { return };
        let help = "`openssl rand -hex 32` makes a good one";
        if key.contains(char::is_control) {
            let what = format!("the secret `{name}` is no key: it has several lines or tabs");
            self.file.fault_help(at.span(), what, help);
        } else if key.chars().count() < SHORTEST_KEY {
            let what = format!(
                "the secret `{name}` is shorter than {SHORTEST_KEY} characters: whoever \
                                gets one signed request could find it out by trying"
            );
            self.file.warn(at.span(), what, help);
        }
    }

    fn patience(&self, raw: &raw::Trigger, kind: Kind) -> RetryPolicy {
        let (longest, most) = match kind {
            Kind::Waited => (60_000, 5),
            Kind::Background => (600_000, 20),
        };
        let defaults = &self.world.trigger;
        let budget = self.file.time(raw.timeout.as_ref(), millis(100, longest), defaults.timeout);
        let attempt = raw.attempt_timeout.as_ref().map(|given| {
            let attempt = self.file.time(Some(given), millis(100, longest), budget);
            if attempt > budget {
                let help = "`timeout` is for all attempts together: raise it, or lower this";
                self.file.fault_help(given.span(), "an attempt can't take longer than all", help);
            }
            attempt
        });
        let attempt = attempt.or((kind == Kind::Background).then(|| budget.min(UNHURRIED)));
        // A request with a body may do something each time that it is sent.
        let retries = if raw.body.is_some() { 0 } else { u64::from(defaults.retry) };
        let retries = self.file.number(raw.retry.as_ref(), 0..=most, retries);
        RetryPolicy {
            total_timeout: budget,
            attempt_timeout: attempt,
            retries: u32::try_from(retries).unwrap_or_default(),
        }
    }
}

/// Whether somebody stands before the host of a URL.
fn has_user(url: &Spanned<String>) -> bool {
    let after_scheme = url.get_ref().split_once("://").map_or("", |(_, rest)| rest);
    let authority = after_scheme.split(['/', '?', '#']).next().unwrap_or_default();
    authority.contains('@')
}
