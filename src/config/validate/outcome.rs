//! What happens then: sounds, variables, the next step.

use serde_spanned::Spanned;

use super::scope::Scope;
use crate::config::raw::script as raw;
use crate::script::definition::{ScriptOutcome, ThenAction};
use crate::script::escape::EscapeContext;
use crate::script::template::Template;

/// Which table an outcome stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Table {
    /// `[no_input]`, `[invalid_input]`: taken when the script has asked often enough.
    AskedEnough,
    /// Any other.
    Other,
}

impl Scope<'_> {
    pub(crate) fn outcome(&self, raw: &raw::Outcome, table: Table) -> ScriptOutcome {
        ScriptOutcome {
            sounds: self.playlist(raw.play.as_ref(), raw.say.as_ref()),
            variables: raw.set.iter().map(|(name, value)| self.variable(name, value)).collect(),
            then: raw.then.as_ref().map(|then| self.next(then, table)).unwrap_or_default(),
        }
    }

    fn next(&self, text: &Spanned<String>, table: Table) -> ThenAction {
        let then = self.then(text);
        if matches!(then, ThenAction::Again) {
            self.check_again(text, table);
        }
        then
    }

    fn check_again(&self, text: &Spanned<String>, table: Table) {
        let repeat = self.raw.prompt.as_ref().and_then(|prompt| prompt.repeat.as_ref());
        if !self.asks() {
            let help = "write `script NAME` to run a script again";
            self.file.fault_help(
                text.span(),
                "nothing is asked here that could be asked again",
                help,
            );
        } else if table == Table::AskedEnough {
            let help = "raise `repeat` in [prompt], and say here how the call goes on after that";
            let what =
                "this is taken when it was asked often enough: `again` would go round for ever";
            self.file.fault_help(text.span(), what, help);
        } else if repeat.is_none_or(|repeat| repeat.get_ref().0 == 0) {
            let help = "write `repeat = 2` in [prompt]";
            let what = "`again` is counted against `repeat`, and there is none";
            self.file.fault_help(text.span(), what, help);
        }
    }

    fn variable(&self, name: &Spanned<String>, value: &Spanned<String>) -> (String, Template) {
        if !is_variable(name.get_ref()) {
            let help = "write letters, digits and _, no digit first, such as `ORDER_STATUS`";
            self.file.fault_help(name.span(), "this is no name of a channel variable", help);
        } else if name.get_ref().to_ascii_uppercase().starts_with("DIALSCRIPT_") {
            let help = "take another name";
            self.file.fault_help(name.span(), "these variables tell how the script ended", help);
        }
        (name.get_ref().clone(), self.template(value, EscapeContext::Variable))
    }
}

fn is_variable(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}
