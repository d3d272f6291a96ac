//! Checks of placeholders that have a value only at the end of a call, and of names that are text in a JSON body.

use std::ops::Range;

use super::context::{ScriptContext, TextPhase};
use crate::script::answer_part::AnswerPart;
use crate::script::template::{Placeholder, TemplatePiece};

impl ScriptContext<'_> {
    /// Makes a text of a name in braces that has no meaning here. In JSON, braces are text: `{code}` can be a field in
    /// GraphQL.
    pub(super) fn keep_json_braces(&self, piece: &mut TemplatePiece) {
        let TemplatePiece::Placeholder(placeholder) = piece else { return };
        let is_text = match placeholder {
            Placeholder::CallEnd(_) => !self.is_at_end(),
            Placeholder::Answer(AnswerPart::Compared) => !self.has_answer,
            Placeholder::OtherAnswer(name, AnswerPart::Compared) => {
                self.load.scripts.get(name).is_none()
            }
            _ => false,
        };
        if is_text {
            *piece = TemplatePiece::Text(placeholder.to_string());
        }
    }

    /// Reports `{outcome}`, `{code}`, `{duration}` and `{path}` in a text that is filled in before the end of the call.
    pub(super) fn check_call_end(&self, placeholder: &Placeholder, at: Range<usize>) {
        if self.is_at_end() {
            return;
        }
        let name = placeholder.to_string();
        let name = name.trim_matches(['{', '}']);
        let message = format!("`{placeholder}` works only in [hangup] and [ended]");
        let help = format!(
            "for a value from the answer, write `{{${name}}}`; for a value from the dialplan, pass it as an argument \
             and write `{{arg.{name}}}`"
        );
        self.file.error_with_help(at, message, help);
    }

    fn is_at_end(&self) -> bool {
        matches!(self.phase, TextPhase::AtHangup | TextPhase::AtEnd)
    }
}
