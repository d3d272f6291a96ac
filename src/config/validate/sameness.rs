//! Which requests count as the same to the kept answers: what cannot be meant is a warning.

use super::scope::Scope;
use crate::script::definition::{ResponseCachePolicy, ScriptTrigger};
use crate::script::template::{Placeholder, Template};

impl Scope<'_> {
    /// Answers to what one caller entered are not for another, and those that no second call can ask for are kept in vain.
    pub(crate) fn check_sameness(&self, trigger: &ScriptTrigger) {
        let response = self.raw.response.as_ref();
        let (Some(caching), Some(response)) = (&trigger.cache_policy, response) else { return };
        if let (Some(key), Some(given)) = (&caching.key, &response.cache_key) {
            let mut sent = placeholders(trigger);
            if let Some(left_out) = sent.find(|sent| is_left_out(sent, &key.template)) {
                let what = format!("callers who enter another {left_out} get the same answer");
                let help = format!("add {left_out} to `cache_key`, or take `cache_key` out");
                self.file.warn(given.span(), what, help);
            }
        }
        let given = response.cache_key.as_ref().map(|key| key.span());
        let given = given.or_else(|| response.cache.as_ref().map(|cache| cache.span()));
        if let (Some(at), Some(own)) = (given, own_of_a_call(trigger, caching)) {
            let what = format!("no other call has the same {own}: nothing that is kept serves it");
            let help = "write `cache_key` with what has to be the same, such as \"{keypress}\"";
            self.file.warn(at, what, help);
        }
    }
}

fn placeholders(trigger: &ScriptTrigger) -> impl Iterator<Item = &Placeholder> {
    let headers = trigger.headers.iter().map(|(_, value)| value);
    let body = trigger.body.iter().map(|body| &body.text);
    let templates = [&trigger.url.template].into_iter().chain(headers).chain(body);
    templates.flat_map(Template::placeholders)
}

fn is_left_out(sent: &Placeholder, key: &Template) -> bool {
    let script = entered_in(sent);
    script.is_some() && !key.placeholders().any(|in_key| entered_in(in_key) == script)
}

/// The script in which a value was entered, empty for this one; keys or words are one input of it.
fn entered_in(placeholder: &Placeholder) -> Option<&str> {
    match placeholder {
        Placeholder::Keypress | Placeholder::Speech | Placeholder::Input => Some(""),
        Placeholder::OtherScript(script, _) => Some(script),
        _ => None,
    }
}

fn own_of_a_call<'t>(
    trigger: &'t ScriptTrigger,
    caching: &'t ResponseCachePolicy,
) -> Option<&'t Placeholder> {
    let is_own = |of: &&Placeholder| matches!(of, Placeholder::CallId | Placeholder::Channel);
    match &caching.key {
        Some(key) => key.template.placeholders().find(is_own),
        None => placeholders(trigger).find(is_own),
    }
}
