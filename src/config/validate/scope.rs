//! What a script's texts are read against: which placeholders it can have.

use std::collections::BTreeSet;
use std::ops::Range;

use serde_spanned::Spanned;

use crate::config::chain::Chains;
use crate::config::file::File;
use crate::config::raw::script::Script;
use crate::config::secrets::SecretStore;
use crate::config::settings::{Egress, Trigger};
use crate::config::sounds::SoundLibrary;
use crate::script::escape::EscapeContext;
use crate::script::template::{
    BraceSyntax, InputKind, Placeholder, PlaceholderValue, PlaceholderValues, Template,
    TemplatePiece, parse_template,
};
use crate::voice::settings::VoiceSettings;

/// All that scripts are checked against.
pub(crate) struct World {
    pub(crate) chains: Chains,
    pub(crate) sounds: SoundLibrary,
    pub(crate) secrets: SecretStore,
    pub(crate) trigger: Trigger,
    pub(crate) egress: Egress,
    pub(crate) voice: VoiceSettings,
    /// Engines that were named, faulty ones too.
    pub(crate) engines: BTreeSet<String>,
}

/// One script among them.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'a> {
    pub(crate) world: &'a World,
    pub(crate) file: &'a File,
    pub(crate) name: &'a str,
    pub(crate) raw: &'a Script,
    /// Whether an answer can be there when the texts are filled in.
    pub(crate) answered: bool,
}

/// A stretch of a text, with its place in it.
pub(crate) type Placed = (Range<usize>, TemplatePiece);

impl<'a> Scope<'a> {
    pub(crate) fn new(world: &'a World, file: &'a File, name: &'a str, raw: &'a Script) -> Self {
        let answered = raw.waits() || world.chains.answered_before(name);
        Self { world, file, name, raw, answered }
    }

    /// Whether this script asks for keys or speech.
    pub(crate) fn asks(&self) -> bool {
        self.raw.asks_for(InputKind::Input)
    }

    /// Reads a text whose values all land alike.
    pub(crate) fn template(&self, text: &Spanned<String>, landing: EscapeContext) -> Template {
        Template::with_context(self.pieces(text, BraceSyntax::Doubled), landing)
    }

    /// Reads a text with placeholders.
    pub(crate) fn pieces(&self, text: &Spanned<String>, braces: BraceSyntax) -> Vec<TemplatePiece> {
        let placed = self.placed(text, braces);
        placed.into_iter().map(|(_, piece)| piece).collect()
    }

    /// Reads a text with placeholders; each piece with its place in the text.
    pub(crate) fn placed(&self, text: &Spanned<String>, braces: BraceSyntax) -> Vec<Placed> {
        self.placed_in(text, 0..text.get_ref().len(), braces)
    }

    /// Reads a part of a text.
    pub(crate) fn placed_in(
        &self,
        text: &Spanned<String>,
        part: Range<usize>,
        braces: BraceSyntax,
    ) -> Vec<Placed> {
        let (mut pieces, problems) = parse_template(&text.get_ref()[part.clone()], braces);
        let shift = |at: &Range<usize>| at.start + part.start..at.end + part.start;
        for problem in problems {
            let at = self.file.inside(text, shift(&problem.range));
            self.file.push(at, problem.message, problem.help, None);
        }
        for (at, piece) in &mut pieces {
            *at = shift(at);
            if let TemplatePiece::Placeholder(placeholder) = piece {
                self.check(placeholder, self.file.inside(text, at.clone()));
            }
        }
        pieces
    }

    /// Whether this script can have the placeholder.
    pub(crate) fn check(&self, placeholder: &Placeholder, at: Range<usize>) {
        match placeholder {
            Placeholder::Keypress => self.check_entered(InputKind::Keypress, at),
            Placeholder::Speech => self.check_entered(InputKind::Speech, at),
            Placeholder::Input => self.check_entered(InputKind::Input, at),
            Placeholder::OtherScript(name, entered) => self.check_earlier(name, *entered, at),
            Placeholder::Answer(_) if !self.answered => {
                let help =
                    "a `[trigger]` that is waited for brings one, here or in a script before";
                self.file.fault_help(at, "no answer can be there yet", help);
            }
            Placeholder::Secret(name) => {
                if let Err(reason) = self.world.secrets.look_up(name) {
                    let help = "write the secret into that file";
                    self.file.fault_help(at, format!("no secret `{name}`: {reason}"), help);
                }
            }
            _ => {}
        }
    }

    fn check_entered(&self, entered: InputKind, at: Range<usize>) {
        if self.raw.asks_for(entered) {
            return;
        }
        let (what, tables) = match entered {
            InputKind::Keypress => ("keys", "`[keypress]`"),
            InputKind::Speech => ("speech", "`[speech]`"),
            InputKind::Input => ("input", "`[keypress]` or `[speech]`"),
        };
        let earlier = format!("name an earlier script as in `{{NAME.{}}}`", word(entered));
        let help = format!("add a table {tables}, or {earlier}");
        self.file.fault_help(at, format!("this script asks for no {what}"), help);
    }

    fn check_earlier(&self, name: &str, entered: InputKind, at: Range<usize>) {
        let chains = &self.world.chains;
        if !chains.has(name) {
            let instead = |near| format!("did you mean `{{{near}.{}}}`?", word(entered));
            let help = chains.nearest(name).map(instead);
            self.file.push(at, format!("there is no script `{name}`"), help, None);
        } else if !chains.asks_for(name, entered) {
            let what = match entered {
                InputKind::Keypress => "keys",
                InputKind::Speech => "speech",
                InputKind::Input => "input",
            };
            self.file.fault(at, format!("the script `{name}` asks for no {what}"));
        } else if !chains.before(self.name).contains(name) {
            let what = format!("no chain leads from the script `{name}` to this one");
            let help =
                format!("somewhere on the way there must be `then = \"script {}\"`", self.name);
            self.file.fault_help(at, what, help);
        }
    }
}

/// As in a placeholder.
fn word(entered: InputKind) -> &'static str {
    match entered {
        InputKind::Keypress => "keypress",
        InputKind::Speech => "speech",
        InputKind::Input => "input",
    }
}

/// A stand-in for every value, to see whether what is built with it holds.
pub(crate) struct Sample(pub(crate) &'static str);

impl PlaceholderValues for Sample {
    fn value(&self, _: &Placeholder) -> PlaceholderValue<'_> {
        PlaceholderValue::public(self.0)
    }
}
