//! A script file as it was typed.

use std::ops::Range;

use serde_spanned::Spanned;

pub(crate) use super::Whole;
use super::trigger::{Response, Trigger};
use super::when::{self, Test};
use super::{FromText, Parsed, Texts, Time};
use crate::config::section::{Homes, Section};
use crate::script::definition::SpeechFilter;
use crate::script::template::InputKind;

/// What people write into a table next to the right one.
pub(crate) const HOMES: Homes = &[
    ("prompt", &["repeat", "answer"]),
    (
        "keypress",
        &["length", "min_length", "gap", "first_digit", "terminator", "barge_in", "sensitive"],
    ),
    (
        "trigger",
        &[
            "url",
            "fallback_url",
            "background",
            "headers",
            "auth",
            "body",
            "raw_json",
            "sign",
            "music",
            "music_after",
            "keys",
            "reassure",
        ],
    ),
    ("trigger", &["timeout", "attempt_timeout", "retry"]),
    ("trigger.reassure", &["every"]),
    ("response", &["key", "cache", "stale_for", "stale_if_error", "cache_key"]),
    ("speech", &["filter", "start", "silence", "maximum"]),
    ("voice", &["engine", "voice", "speed"]),
    ("[branch]", &["when"]),
];

#[derive(Debug, Default)]
pub(crate) struct Script {
    pub(crate) prompt: Option<Prompt>,
    pub(crate) voice: Option<Voice>,
    pub(crate) keypress: Option<Keypress>,
    pub(crate) speech: Option<Speech>,
    pub(crate) trigger: Option<Trigger>,
    pub(crate) response: Option<Response>,
    pub(crate) hangup: Option<Trigger>,
    pub(crate) branches: Vec<Branch>,
    pub(crate) otherwise: Option<Outcome>,
    pub(crate) no_input: Option<Outcome>,
    pub(crate) invalid_input: Option<Outcome>,
    pub(crate) no_response: Option<Outcome>,
}

#[derive(Debug)]
pub(crate) struct Prompt {
    pub(crate) play: Option<Texts>,
    pub(crate) say: Option<Texts>,
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
pub(crate) struct Voice {
    pub(crate) engine: Option<Spanned<String>>,
    pub(crate) voice: Option<Spanned<String>>,
    pub(crate) language: Option<Spanned<String>>,
    pub(crate) speed: Option<Spanned<String>>,
}

#[derive(Debug)]
pub(crate) struct Speech {
    pub(crate) span: Range<usize>,
    pub(crate) language: Option<Spanned<String>>,
    pub(crate) filter: Option<Spanned<Parsed<SpeechFilter>>>,
    pub(crate) start: Option<Spanned<Time>>,
    pub(crate) silence: Option<Spanned<Time>>,
    pub(crate) maximum: Option<Spanned<Time>>,
    pub(crate) length: Option<Spanned<Whole>>,
    pub(crate) sensitive: Option<Spanned<bool>>,
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
    pub(crate) say: Option<Texts>,
    pub(crate) set: Vec<(Spanned<String>, Spanned<String>)>,
    pub(crate) then: Option<Spanned<String>>,
}

impl Script {
    pub(crate) fn read(mut section: Section<'_, '_>) -> Self {
        let raw = Self {
            prompt: section.table("prompt").map(Prompt::read),
            voice: section.table("voice").map(Voice::read),
            keypress: section.table("keypress").map(Keypress::read),
            speech: section.table("speech").map(Speech::read),
            trigger: section.table("trigger").map(Trigger::read),
            response: section.table("response").map(Response::read),
            hangup: section.table("hangup").map(Trigger::read_alone),
            branches: section.tables("branch").into_iter().map(Branch::read).collect(),
            otherwise: section.table("otherwise").map(Outcome::read_alone),
            no_input: section.table("no_input").map(Outcome::read_alone),
            invalid_input: section.table("invalid_input").map(Outcome::read_alone),
            no_response: section.table("no_response").map(Outcome::read_alone),
        };
        section.finish();
        raw
    }

    /// All outcomes that were typed.
    pub(crate) fn outcomes(&self) -> impl Iterator<Item = &Outcome> {
        let others = [&self.otherwise, &self.no_input, &self.invalid_input, &self.no_response];
        let branches = self.branches.iter().map(|branch| &branch.outcome);
        branches.chain(others.into_iter().flatten())
    }

    /// Whether it is asked for.
    pub(crate) fn asks_for(&self, entered: InputKind) -> bool {
        let (keys, speech) = (self.keypress.is_some(), self.speech.is_some());
        match entered {
            InputKind::Keypress => keys,
            InputKind::Speech => speech,
            InputKind::Input => keys || speech,
        }
    }

    /// Whether a request is made whose answer is waited for.
    pub(crate) fn waits(&self) -> bool {
        self.trigger.as_ref().is_some_and(|trigger| !trigger.is_background())
    }
}

impl Prompt {
    fn read(mut section: Section<'_, '_>) -> Self {
        let raw = Self {
            play: section.texts("play"),
            say: section.texts("say"),
            repeat: section.take("repeat"),
            answer: section.take("answer"),
        };
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

impl Voice {
    fn read(mut section: Section<'_, '_>) -> Self {
        let raw = Self {
            engine: section.take("engine"),
            voice: section.take("voice"),
            language: section.take("language"),
            speed: section.literal("speed"),
        };
        section.finish();
        raw
    }
}

impl Speech {
    fn read(mut section: Section<'_, '_>) -> Self {
        let raw = Self {
            span: section.span.clone(),
            language: section.need("language", "say what is spoken, such as `language = \"en\"`"),
            filter: section.take("filter"),
            start: section.take("start"),
            silence: section.take("silence"),
            maximum: section.take("maximum"),
            length: section.take("length"),
            sensitive: section.take("sensitive"),
        };
        section.finish();
        raw
    }

    /// Whether spoken numbers are asked for.
    pub(crate) fn is_numeric(&self) -> bool {
        self.filter.as_ref().is_some_and(|filter| filter.get_ref().0 == SpeechFilter::Numeric)
    }
}

impl FromText for SpeechFilter {
    const EXPECTED: &'static str = "\"none\" or \"numeric\"";

    fn from_text(text: &str) -> Option<Self> {
        match text {
            "none" => Some(Self::None),
            "numeric" => Some(Self::Numeric),
            _ => None,
        }
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
        Self {
            span: section.span.clone(),
            play: section.texts("play"),
            say: section.texts("say"),
            set: section.table("set").map(Section::pairs).unwrap_or_default(),
            then: section.take("then"),
        }
    }
}
