//! Checks of placeholders that read an answer: `{answer}`, `{$path}`, and those with the name of a script.

use std::ops::Range;

use super::context::{ScriptContext, TextPhase};
use crate::script::answer_part::AnswerPart;

impl ScriptContext<'_> {
    /// Checks `{answer}` and `{$path}`.
    pub(super) fn check_last_answer(&self, part: &AnswerPart, at: Range<usize>) {
        if !self.has_answer {
            let help = if self.facts.waits && self.facts.repeats {
                format!(
                    "for the answer of this script before `again`, write `{{{}.{part}}}`",
                    self.name
                )
            } else {
                "an answer comes from a `[trigger]` without `background`, here or in an earlier script"
                    .to_owned()
            };
            self.file.error_with_help(at, "there is no answer yet", help);
        } else if let AnswerPart::At(path) = part
            && self.phase == TextPhase::AfterRequest
            && self.facts.waits
        {
            self.own_answer_reads.add(path, at);
        }
    }

    /// Checks `{NAME.answer}` and `{NAME.$path}`.
    pub(super) fn check_answer_of(&self, name: &str, part: &AnswerPart, at: Range<usize>) {
        let Some(named) = self.load.scripts.get(name) else {
            return self.report_no_script(name, &part.to_string(), at);
        };
        let can_have_run = self.can_have_run(name);
        let is_own = name == self.name;
        let is_readable_own = is_own && (self.phase != TextPhase::BeforeRequest || named.repeats);
        if !named.waits {
            let help = "an answer comes from a `[trigger]` without `background`";
            let message = format!("the script `{name}` gets no answer");
            self.file.error_with_help(at, message, help);
        } else if is_own && !can_have_run && !is_readable_own {
            let help = "use this in an outcome, such as `[[branch]]`";
            self.file.error_with_help(at, "there is no answer yet", help);
        } else if !is_own && !can_have_run {
            self.report_never_before(name, at);
        }
    }
}
