//! A script file as it was typed.

use std::ops::Range;

use serde_spanned::Spanned;

use super::when::{self, Test};
use super::{Payload, Texts, Time, Whole};
use crate::config::section::{Homes, Section};

/// What people write into a table next to the right one.
pub(crate) const HOMES: Homes = &[
    ("prompt", &["repeat", "answer"]),
    (
        "keypress",
        &["length", "min_length", "gap", "first_digit", "terminator", "barge_in", "sensitive"],
    ),
    ("trigger", &["url", "background", "headers", "body", "raw_json", "music", "timeout"]),
    ("response", &["key", "cache"]),
    ("[branch]", &["when"]),
];

#[derive(Debug, Default)]
pub(crate) struct Script {
    pub(crate) prompt: Option<Prompt>,
    pub(crate) keypress: Option<Keypress>,
    pub(crate) trigger: Option<Trigger>,
    pub(crate) response: Option<Response>,
    pub(crate) branches: Vec<Branch>,
    pub(crate) otherwise: Option<Outcome>,
    pub(crate) no_input: Option<Outcome>,
    pub(crate) invalid_input: Option<Outcome>,
    pub(crate) no_response: Option<Outcome>,
}

#[derive(Debug)]
pub(crate) struct Prompt {
    pub(crate) play: Option<Texts>,
    pub(crate) repeat: Option<Spanned<Whole>>,
    pub(crate) answer: Option<Spanned<bool>>,
}

#[derive(Debug)]
pub(crate) struct Keypress {
    pub(crate) span: Range<usize>,
    pub(crate) length: Option<Spanned<Whole>>,
    pub(crate) min_length: Option<Spanned<Whole>>,
    pub(crate) gap: Option<Spanned<Time>>,
    pub(crate) first_digit: Option<Spanned<Time>>,
    pub(crate) terminator: Option<Spanned<String>>,
    pub(crate) barge_in: Option<Spanned<bool>>,
    pub(crate) pattern: Option<Spanned<String>>,
    pub(crate) sensitive: Option<Spanned<bool>>,
}

#[derive(Debug)]
pub(crate) struct Trigger {
    pub(crate) span: Range<usize>,
    pub(crate) url: Option<Spanned<String>>,
    pub(crate) background: Option<Spanned<bool>>,
    pub(crate) headers: Option<Payload>,
    pub(crate) body: Option<Payload>,
    pub(crate) raw_json: Option<Spanned<bool>>,
    pub(crate) music: Option<Texts>,
    pub(crate) timeout: Option<Spanned<Time>>,
}

#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) span: Range<usize>,
    pub(crate) key: Option<Spanned<String>>,
    pub(crate) cache: Option<Spanned<Time>>,
}

#[derive(Debug)]
pub(crate) struct Branch {
    pub(crate) span: Range<usize>,
    pub(crate) when: Vec<Spanned<Test>>,
    pub(crate) outcome: Outcome,
}

#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) span: Range<usize>,
    pub(crate) play: Option<Texts>,
    pub(crate) set: Vec<(Spanned<String>, Spanned<String>)>,
    pub(crate) then: Option<Spanned<String>>,
}

impl Script {
    pub(crate) fn read(mut section: Section<'_, '_>) -> Self {
        let raw = Self {
            prompt: section.table("prompt").map(Prompt::read),
            keypress: section.table("keypress").map(Keypress::read),
            trigger: section.table("trigger").map(Trigger::read),
            response: section.table("response").map(Response::read),
            branches: section.tables("branch").into_iter().map(Branch::read).collect(),
            otherwise: section.table("otherwise").map(Outcome::read_alone),
            no_input: section.table("no_input").map(Outcome::read_alone),
            invalid_input: section.table("invalid_input").map(Outcome::read_alone),
            no_response: section.table("no_response").map(Outcome::read_alone),
        };
        section.later("speech", "speech is not in this version", "ask for keys by `[keypress]`");
        section.finish();
        raw
    }

    /// All outcomes that were typed.
    pub(crate) fn outcomes(&self) -> impl Iterator<Item = &Outcome> {
        let others = [&self.otherwise, &self.no_input, &self.invalid_input, &self.no_response];
        let branches = self.branches.iter().map(|branch| &branch.outcome);
        branches.chain(others.into_iter().flatten())
    }

    /// Whether a request is made whose answer is waited for.
    pub(crate) fn waits(&self) -> bool {
        self.trigger.as_ref().is_some_and(|trigger| !trigger.is_background())
    }
}

impl Trigger {
    pub(crate) fn is_background(&self) -> bool {
        self.background.as_ref().is_some_and(|background| *background.get_ref())
    }

    fn read(mut section: Section<'_, '_>) -> Self {
        let raw = Self {
            span: section.span.clone(),
            url: section.need("url", "write what is asked, such as `url = \"https://shop.example/orders?id={keypress}\"`"),
            background: section.take("background"),
            headers: section.payload("headers"),
            body: section.payload("body"),
            raw_json: section.take("raw_json"),
            music: section.texts("music"),
            timeout: section.take("timeout"),
        };
        section.finish();
        raw
    }
}

impl Prompt {
    fn read(mut section: Section<'_, '_>) -> Self {
        let raw = Self {
            play: section.texts("play"),
            repeat: section.take("repeat"),
            answer: section.take("answer"),
        };
        no_texts(&mut section);
        section.finish();
        raw
    }
}

impl Keypress {
    fn read(mut section: Section<'_, '_>) -> Self {
        let raw = Self {
            span: section.span.clone(),
            length: section.take("length"),
            min_length: section.take("min_length"),
            gap: section.take("gap"),
            first_digit: section.take("first_digit"),
            terminator: section.take("terminator"),
            barge_in: section.take("barge_in"),
            pattern: section.take("pattern"),
            sensitive: section.take("sensitive"),
        };
        section.finish();
        raw
    }
}

impl Response {
    fn read(mut section: Section<'_, '_>) -> Self {
        let raw = Self {
            span: section.span.clone(),
            key: section.take("key"),
            cache: section.take("cache"),
        };
        section.finish();
        raw
    }
}

impl Branch {
    fn read(mut section: Section<'_, '_>) -> Self {
        let span = section.span.clone();
        let when = when::tests(&mut section);
        let outcome = Outcome::read(&mut section);
        section.finish();
        Self { span, when, outcome }
    }
}

impl Outcome {
    fn read_alone(mut section: Section<'_, '_>) -> Self {
        let raw = Self::read(&mut section);
        section.finish();
        raw
    }

    fn read(section: &mut Section<'_, '_>) -> Self {
        let raw = Self {
            span: section.span.clone(),
            play: section.texts("play"),
            set: section.table("set").map(Section::pairs).unwrap_or_default(),
            then: section.take("then"),
        };
        no_texts(section);
        raw
    }
}

fn no_texts(section: &mut Section<'_, '_>) {
    let help = "record the sentence into the library and name that sound by `play`";
    section.later("say", "texts are not in this version", help);
}
