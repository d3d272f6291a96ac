//! What the checks of a script need to know about the other scripts and the daemon's file.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use serde_spanned::Spanned;

use super::answer_reads::OwnAnswerReads;
use super::facts::{ScriptFacts, ScriptGraph};
use crate::config::daemon::trigger::TriggerDefaults;
use crate::config::file::TomlFile;
use crate::config::secrets::{self, SecretStore};
use crate::config::sounds::SoundLibrary;
use crate::script::escape::EscapeContext;
use crate::script::language_code::DEFAULT_LANGUAGE;
use crate::script::template::{
    BraceSyntax, InputKind, MisleadingBraces, Placeholder, PlaceholderError, PlaceholderValue,
    PlaceholderValues, Template, TemplatePiece, find_misleading_braces, parse_template,
};
use crate::script::timezone::ScriptTimezone;
use crate::voice::settings::TtsEngine;

/// What all scripts of a load share.
pub(crate) struct LoadContext {
    pub(crate) scripts: ScriptGraph,
    pub(crate) sounds: SoundLibrary,
    pub(crate) secrets: SecretStore,
    pub(crate) defaults: TriggerDefaults,
    /// Whether `allow_hosts` of `[egress]` has entries, so that the host of a URL may depend on a placeholder.
    pub(crate) allows_hosts: bool,
    /// The names in `[speech.engines]`, including engines with errors.
    pub(crate) engines: BTreeSet<String>,
    /// The text-to-speech engine for scripts that name none.
    pub(crate) default_engine: Option<Arc<TtsEngine>>,
    /// The valid engines in `[speech.engines]`.
    pub(crate) named_engines: BTreeMap<String, Arc<TtsEngine>>,
    /// The time zone of the texts of scripts that name none.
    pub(crate) timezone: ScriptTimezone,
    /// Whether there is a speech recognition engine.
    pub(crate) has_asr: bool,
    /// Whether the switch fetches sounds from the sound server.
    pub(crate) serves_sounds: bool,
}

impl LoadContext {
    /// The language of the texts of scripts that name no engine and no language.
    pub(crate) fn engine_language(&self) -> &str {
        self.default_engine.as_ref().map_or(DEFAULT_LANGUAGE, |engine| &engine.language)
    }
}

/// A script that is being checked.
#[derive(Clone, Copy)]
pub(crate) struct ScriptContext<'a> {
    pub(crate) load: &'a LoadContext,
    pub(crate) file: &'a TomlFile,
    pub(crate) name: &'a str,
    pub(crate) facts: &'a ScriptFacts,
    /// Whether there can be an answer by the time that the placeholders of the checked text are filled in.
    pub(crate) has_answer: bool,
    /// Whether the checked text is filled in before the request of the script, or after it.
    pub(crate) phase: TextPhase,
    pub(crate) own_answer_reads: &'a OwnAnswerReads,
}

/// When a text is filled in, seen from the request of its script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TextPhase {
    /// `[prompt]`, `[trigger]` and `[response]`.
    BeforeRequest,
    /// `[[branch]]`, `[otherwise]` and `[no_response]`.
    AfterRequest,
    /// `[no_input]` and `[invalid_input]`: before the request, or after it if `again` repeats the script.
    Any,
    /// `[hangup]`: at any time.
    AtHangup,
    /// `[ended]`: at any time, also after scripts that follow.
    AtEnd,
}

/// A piece of a text with its range in the text.
pub(crate) type SpannedPiece = (Range<usize>, TemplatePiece);

impl<'a> ScriptContext<'a> {
    /// The context of texts that are filled in after the script's own request.
    pub(crate) fn new(
        load: &'a LoadContext,
        file: &'a TomlFile,
        (name, facts): (&'a str, &'a ScriptFacts),
        own_answer_reads: &'a OwnAnswerReads,
    ) -> Self {
        let has_answer = facts.waits || load.scripts.has_answer_before(name);
        let phase = TextPhase::AfterRequest;
        Self { load, file, name, facts, has_answer, phase, own_answer_reads }
    }

    /// The context of texts that are filled in before the script's own request. There can already be an answer of an
    /// earlier script.
    pub(crate) fn before_request(&self) -> Self {
        let has_answer = self.load.scripts.has_answer_before(self.name);
        Self { has_answer, phase: TextPhase::BeforeRequest, ..*self }
    }

    /// The context of texts that are filled in at another time, not only before the script's own request.
    pub(crate) fn in_phase(&self, phase: TextPhase) -> Self {
        Self { phase, ..*self }
    }

    /// Reads a text with placeholders whose values are all escaped for the same context.
    pub(crate) fn template(&self, text: &Spanned<String>, escape: EscapeContext) -> Template {
        Template::with_context(self.pieces(text, BraceSyntax::Doubled), escape)
    }

    /// Reads a text with placeholders.
    pub(crate) fn pieces(&self, text: &Spanned<String>, braces: BraceSyntax) -> Vec<TemplatePiece> {
        let spanned = self.spanned_pieces(text, braces);
        spanned.into_iter().map(|(_, piece)| piece).collect()
    }

    /// Reads a text with placeholders. Each piece comes with its range in the text.
    pub(crate) fn spanned_pieces(
        &self,
        text: &Spanned<String>,
        braces: BraceSyntax,
    ) -> Vec<SpannedPiece> {
        self.spanned_pieces_in(text, 0..text.get_ref().len(), braces)
    }

    /// Reads a part of a text. The ranges of the pieces are ranges in the whole text.
    pub(crate) fn spanned_pieces_in(
        &self,
        text: &Spanned<String>,
        part: Range<usize>,
        braces: BraceSyntax,
    ) -> Vec<SpannedPiece> {
        self.warn_misleading_braces(text, part.clone(), braces);
        let shift = |at: Range<usize>| at.start + part.start..at.end + part.start;
        let (pieces, errors) = parse_template(&text.get_ref()[part.clone()], braces);
        let errors =
            errors.into_iter().map(|error| PlaceholderError { range: shift(error.range), ..error });
        self.file.report_placeholder_errors(text, errors.collect());
        let mut pieces: Vec<_> = pieces.into_iter().map(|(at, piece)| (shift(at), piece)).collect();
        if braces == BraceSyntax::Literal {
            pieces.iter_mut().for_each(|(_, piece)| self.keep_json_braces(piece));
        }
        for (at, piece) in &pieces {
            if let TemplatePiece::Placeholder(placeholder) = piece {
                self.check(placeholder, self.file.span_in(text, at.clone()));
            }
        }
        pieces
    }

    /// Whether the value of a placeholder is sensitive in every call.
    pub(crate) fn is_sensitive(&self, placeholder: &Placeholder) -> bool {
        match placeholder {
            Placeholder::Secret(_) => true,
            Placeholder::Keypress | Placeholder::Speech | Placeholder::Input => {
                self.facts.input_is_sensitive
            }
            Placeholder::OtherScript(name, _) => {
                self.load.scripts.get(name).is_some_and(|facts| facts.input_is_sensitive)
            }
            _ => false,
        }
    }

    /// Warns about `{{NAME}}` and `${NAME}` in a part of a text. An amount in dollars can be meant, such as
    /// `${$price}`.
    pub(crate) fn warn_misleading_braces(
        &self,
        text: &Spanned<String>,
        part: Range<usize>,
        braces: BraceSyntax,
    ) {
        let found = find_misleading_braces(&text.get_ref()[part.clone()], braces);
        for MisleadingBraces { range, message, help, .. } in
            found.into_iter().filter(|b| !b.can_be_amount)
        {
            let at = self.file.span_in(text, range.start + part.start..range.end + part.start);
            self.file.warn(at, message, help);
        }
    }

    /// Reports a placeholder that has no value in this script.
    pub(crate) fn check(&self, placeholder: &Placeholder, at: Range<usize>) {
        match placeholder {
            Placeholder::Keypress => self.check_input(InputKind::Keypress, at),
            Placeholder::Speech => self.check_input(InputKind::Speech, at),
            Placeholder::Input => self.check_input(InputKind::Input, at),
            Placeholder::OtherScript(name, input) => self.check_earlier_input(name, *input, at),
            Placeholder::Answer(part) => self.check_last_answer(part, at),
            Placeholder::OtherAnswer(name, part) => self.check_answer_of(name, part, at),
            Placeholder::CallEnd(_) => self.check_call_end(placeholder, at),
            Placeholder::Secret(name) => {
                if let Err(error) = self.load.secrets.look_up(name) {
                    secrets::report_unavailable(self.file, at, name, error, "the secret");
                }
            }
            _ => {}
        }
    }

    /// Reports a placeholder `{NAME.value}` with the name of a script that does not exist.
    pub(super) fn report_no_script(&self, name: &str, value: &str, at: Range<usize>) {
        let scripts = &self.load.scripts;
        let help = match scripts.nearest(name) {
            Some(near) => format!("did you mean `{{{near}.{value}}}`?"),
            None => scripts.list_except(self.name),
        };
        self.file.error_with_help(at, format!("there is no script `{name}`"), help);
    }

    pub(super) fn report_never_before(&self, name: &str, at: Range<usize>) {
        let (message, help) = match self.phase {
            TextPhase::AtEnd => (
                format!("the script `{name}` never runs in the same call as this one"),
                "one must lead to the other, directly or through other scripts, by `then = \"script NAME\"`"
                    .to_owned(),
            ),
            _ => (
                format!("the script `{name}` never runs before this one"),
                format!(
                    "it must lead here, directly or through other scripts, by `then = \"script {}\"`",
                    self.name
                ),
            ),
        };
        self.file.error_with_help(at, message, help);
    }

    fn check_input(&self, input: InputKind, at: Range<usize>) {
        if self.facts.asks_for(input) {
            return;
        }
        let tables = match input {
            InputKind::Keypress => "`[keypress]`",
            InputKind::Speech => "`[speech]`",
            InputKind::Input => "`[keypress]` or `[speech]`",
        };
        let earlier = format!("name an earlier script as in `{{NAME.{}}}`", key(input));
        let help = format!("add a table {tables}, or {earlier}");
        let message = format!("this script does not ask for {}", noun(input));
        self.file.error_with_help(at, message, help);
    }

    fn check_earlier_input(&self, name: &str, input: InputKind, at: Range<usize>) {
        let scripts = &self.load.scripts;
        let Some(earlier) = scripts.get(name) else {
            return self.report_no_script(name, key(input), at);
        };
        if !earlier.asks_for(input) {
            self.file.error(at, format!("the script `{name}` does not ask for {}", noun(input)));
        } else if !self.can_have_run(name) {
            self.report_never_before(name, at);
        }
    }

    /// Whether another script can have run when the checked text is filled in. In `[ended]`, the script itself can,
    /// too.
    pub(super) fn can_have_run(&self, name: &str) -> bool {
        let scripts = &self.load.scripts;
        scripts.before(self.name).contains(name)
            || (self.phase == TextPhase::AtEnd
                && (name == self.name || scripts.before(name).contains(self.name)))
    }

    /// Reports a host that depends on a placeholder, unless the daemon's file lists the allowed hosts.
    pub(crate) fn check_host(&self, at: Range<usize>) {
        if !self.load.allows_hosts {
            let help = "list the allowed hosts in `allow_hosts` of [egress] in dialscript.toml";
            self.file.error_with_help(at, "the host depends on a placeholder", help);
        }
    }
}

/// The word for this input in a placeholder.
fn key(input: InputKind) -> &'static str {
    match input {
        InputKind::Keypress => "keypress",
        InputKind::Speech => "speech",
        InputKind::Input => "input",
    }
}

fn noun(input: InputKind) -> &'static str {
    match input {
        InputKind::Keypress => "keypresses",
        InputKind::Speech => "speech",
        InputKind::Input => "input",
    }
}

/// The same value for every placeholder, to check the syntax of a text after its placeholders are filled in.
pub(crate) struct SampleValues(pub(crate) &'static str);

impl PlaceholderValues for SampleValues {
    fn value(&self, _: &Placeholder) -> PlaceholderValue<'_> {
        PlaceholderValue::public(self.0)
    }
}
