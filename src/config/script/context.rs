//! What the tables of a script are checked against: its file, the other scripts, the daemon's file.

use std::collections::BTreeSet;
use std::ops::Range;
use std::time::Duration;

use serde_spanned::Spanned;

use super::facts::{ScriptFacts, ScriptGraph};
use crate::config::file::TomlFile;
use crate::config::secrets::SecretStore;
use crate::config::sounds::SoundLibrary;
use crate::script::escape::EscapeContext;
use crate::script::template::{
    BraceSyntax, InputKind, Placeholder, PlaceholderError, PlaceholderValue, PlaceholderValues,
    Template, TemplatePiece, parse_template,
};

/// What all scripts of one load share.
pub(crate) struct LoadContext {
    pub(crate) scripts: ScriptGraph,
    pub(crate) sounds: SoundLibrary,
    pub(crate) secrets: SecretStore,
    pub(crate) defaults: TriggerDefaults,
    /// `allow_hosts` of `[egress]` names hosts: a placeholder may decide a host.
    pub(crate) allows_hosts: bool,
    /// Names of `[speech.engines]`, also of those with errors.
    pub(crate) engines: BTreeSet<String>,
    /// An engine speaks where a script names none.
    pub(crate) has_tts: bool,
    /// An engine recognizes speech.
    pub(crate) has_asr: bool,
}

/// What `[trigger]` of the daemon's file says where a script does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TriggerDefaults {
    /// For all attempts of a request together.
    pub timeout: Duration,
    /// How often a request without a body is tried again.
    pub retry: u32,
    /// For so long the caller hears silence before music starts.
    pub music_after: Duration,
}

/// One script while it is checked.
#[derive(Clone, Copy)]
pub(crate) struct ScriptContext<'a> {
    pub(crate) load: &'a LoadContext,
    pub(crate) file: &'a TomlFile,
    pub(crate) name: &'a str,
    pub(crate) facts: &'a ScriptFacts,
    /// Whether there can be an answer when the text that is read now is filled in.
    pub(crate) has_answer: bool,
}

/// A piece of a text with its place in the text.
pub(crate) type PlacedPiece = (Range<usize>, TemplatePiece);

impl<'a> ScriptContext<'a> {
    /// For what comes after the script's own request.
    pub(crate) fn new(
        load: &'a LoadContext,
        file: &'a TomlFile,
        name: &'a str,
        facts: &'a ScriptFacts,
    ) -> Self {
        let has_answer = facts.waits || load.scripts.has_answer_before(name);
        Self { load, file, name, facts, has_answer }
    }

    /// For what comes before the script's own request: an answer can be left from an earlier script, or from this one
    /// where `again` repeats it.
    pub(crate) fn before_request(&self) -> Self {
        let has_answer = self.load.scripts.has_answer_before(self.name)
            || (self.facts.waits && self.facts.repeats);
        Self { has_answer, ..*self }
    }

    /// Reads a text whose values are all escaped alike.
    pub(crate) fn template(&self, text: &Spanned<String>, landing: EscapeContext) -> Template {
        Template::with_context(self.pieces(text, BraceSyntax::Doubled), landing)
    }

    /// Reads a text with placeholders.
    pub(crate) fn pieces(&self, text: &Spanned<String>, braces: BraceSyntax) -> Vec<TemplatePiece> {
        let placed = self.placed_pieces(text, braces);
        placed.into_iter().map(|(_, piece)| piece).collect()
    }

    /// Reads a text with placeholders; each piece comes with its place in the text.
    pub(crate) fn placed_pieces(
        &self,
        text: &Spanned<String>,
        braces: BraceSyntax,
    ) -> Vec<PlacedPiece> {
        self.placed_pieces_in(text, 0..text.get_ref().len(), braces)
    }

    /// Reads a part of a text.
    pub(crate) fn placed_pieces_in(
        &self,
        text: &Spanned<String>,
        part: Range<usize>,
        braces: BraceSyntax,
    ) -> Vec<PlacedPiece> {
        let shift = |at: Range<usize>| at.start + part.start..at.end + part.start;
        let (pieces, problems) = parse_template(&text.get_ref()[part.clone()], braces);
        let problems =
            problems.into_iter().map(|p| PlaceholderError { range: shift(p.range), ..p });
        self.file.report_problems(text, problems.collect());
        let pieces = pieces.into_iter().map(|(at, piece)| (shift(at), piece));
        let pieces: Vec<_> = pieces.collect();
        for (at, piece) in &pieces {
            if let TemplatePiece::Placeholder(placeholder) = piece {
                self.check(placeholder, self.file.span_in(text, at.clone()));
            }
        }
        pieces
    }

    /// Reports a placeholder that has no value in this script.
    pub(crate) fn check(&self, placeholder: &Placeholder, at: Range<usize>) {
        match placeholder {
            Placeholder::Keypress => self.check_entered(InputKind::Keypress, at),
            Placeholder::Speech => self.check_entered(InputKind::Speech, at),
            Placeholder::Input => self.check_entered(InputKind::Input, at),
            Placeholder::OtherScript(name, entered) => self.check_earlier(name, *entered, at),
            Placeholder::Answer(_) if !self.has_answer => {
                let help =
                    "a `[trigger]` that is waited for brings one, here or in a script before";
                self.file.error_with_help(at, "no answer can be there yet", help);
            }
            Placeholder::Secret(name) => {
                if let Err(reason) = self.load.secrets.look_up(name) {
                    let help = "write the secret into that file";
                    self.file.error_with_help(at, format!("no secret `{name}`: {reason}"), help);
                }
            }
            _ => {}
        }
    }

    fn check_entered(&self, entered: InputKind, at: Range<usize>) {
        if self.facts.asks_for(entered) {
            return;
        }
        let tables = match entered {
            InputKind::Keypress => "`[keypress]`",
            InputKind::Speech => "`[speech]`",
            InputKind::Input => "`[keypress]` or `[speech]`",
        };
        let earlier = format!("name an earlier script as in `{{NAME.{}}}`", key(entered));
        let help = format!("add a table {tables}, or {earlier}");
        let message = format!("this script asks for no {}", noun(entered));
        self.file.error_with_help(at, message, help);
    }

    fn check_earlier(&self, name: &str, entered: InputKind, at: Range<usize>) {
        let scripts = &self.load.scripts;
        let Some(earlier) = scripts.get(name) else {
            let suggest = |near| format!("did you mean `{{{near}.{}}}`?", key(entered));
            let help = scripts.nearest(name).map(suggest);
            self.file.report(at, format!("there is no script `{name}`"), help, None);
            return;
        };
        if !earlier.asks_for(entered) {
            self.file.error(at, format!("the script `{name}` asks for no {}", noun(entered)));
        } else if !scripts.before(self.name).contains(name) {
            let message = format!("no chain leads from the script `{name}` to this one");
            let help =
                format!("somewhere on the way there must be `then = \"script {}\"`", self.name);
            self.file.error_with_help(at, message, help);
        }
    }

    /// Reports a host that a placeholder decides, unless the daemon's file names hosts for that.
    pub(crate) fn check_host(&self, at: Range<usize>) {
        if !self.load.allows_hosts {
            let help =
                "name the hosts that it may be in `allow_hosts` of [egress], in the daemon's file";
            self.file.error_with_help(at, "a placeholder decides the host", help);
        }
    }
}

/// As in a placeholder.
fn key(entered: InputKind) -> &'static str {
    match entered {
        InputKind::Keypress => "keypress",
        InputKind::Speech => "speech",
        InputKind::Input => "input",
    }
}

fn noun(entered: InputKind) -> &'static str {
    match entered {
        InputKind::Keypress => "keys",
        InputKind::Speech => "speech",
        InputKind::Input => "input",
    }
}

/// Stands for every value, to check what a text comes to once it is filled in.
pub(crate) struct SampleValues(pub(crate) &'static str);

impl PlaceholderValues for SampleValues {
    fn value(&self, _: &Placeholder) -> PlaceholderValue<'_> {
        PlaceholderValue::public(self.0)
    }
}
