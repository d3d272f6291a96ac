//! `then`: the next step of the call.

use std::ops::Range;

mod suggestion;

use serde_spanned::Spanned;

use super::context::ScriptContext;
use super::hangup_cause;
use super::then_grammar::{ThenSyntax, parse};
use crate::channel::Destination;
use crate::config::file::TomlFile;
use crate::config::table_reader::TableReader;
use crate::script::definition::ThenAction;
use crate::script::escape::EscapeContext;
use crate::script::template::{BraceSyntax, Template, TemplatePiece};

/// The value of `then`, parsed.
#[derive(Debug)]
pub(crate) struct ThenValue {
    text: Spanned<String>,
    syntax: ThenSyntax,
}

impl ThenValue {
    /// Reads the key `then`. `None` if it is missing, and after an error.
    pub(super) fn read(table: &mut TableReader<'_, '_>) -> Option<Self> {
        let text: Spanned<String> = table.take("then")?;
        let syntax = parse(text.get_ref());
        if syntax.is_none() {
            let message = format!("`{}` is not a valid next step", text.get_ref());
            let help = suggestion::suggestion(text.get_ref());
            table.file.error_with_help(text.span(), message, help);
        }
        Some(Self { syntax: syntax?, text })
    }

    pub(super) fn span(&self) -> Range<usize> {
        self.text.span()
    }

    /// The script in `script NAME`.
    pub(super) fn next_script(&self) -> Option<&str> {
        match &self.syntax {
            ThenSyntax::Script(name) => Some(self.part(name)),
            _ => None,
        }
    }

    pub(super) fn is_again(&self) -> bool {
        self.syntax == ThenSyntax::Again
    }

    pub(super) fn action(&self, script: &ScriptContext<'_>) -> ThenAction {
        match &self.syntax {
            ThenSyntax::Continue => ThenAction::Continue,
            ThenSyntax::Again => ThenAction::Again,
            ThenSyntax::Hangup(None) => ThenAction::Hangup(None),
            ThenSyntax::Hangup(Some(cause)) => self.hangup(script.file, cause),
            ThenSyntax::Script(name) => self.script(script, name),
            ThenSyntax::Goto { extension, context, priority } => ThenAction::Goto {
                extension: self.destination(script, extension),
                context: context.as_ref().map(|context| self.destination(script, context)),
                priority: priority.as_ref().map(|priority| self.priority(script, priority)),
            },
        }
    }

    fn hangup(&self, file: &TomlFile, at: &Range<usize>) -> ThenAction {
        let text = self.part(at);
        let cause = hangup_cause::parse(text);
        if cause.is_none() {
            let message = format!("unknown hangup cause `{text}`");
            let span = file.span_in(&self.text, at.clone());
            file.error_with_help(span, message, hangup_cause::suggestion(text));
        }
        ThenAction::Hangup(cause)
    }

    fn script(&self, script: &ScriptContext<'_>, at: &Range<usize>) -> ThenAction {
        let (name, scripts) = (self.part(at), &script.load.scripts);
        if scripts.get(name).is_none() {
            let help = match scripts.nearest_except(name, script.name) {
                Some(near) => format!("did you mean `script {near}`?"),
                None => scripts.list_except(script.name),
            };
            let message = format!("there is no script `{name}`");
            let span = script.file.span_in(&self.text, at.clone());
            script.file.error_with_help(span, message, help);
        }
        ThenAction::Script(name.to_owned())
    }

    fn destination(&self, script: &ScriptContext<'_>, at: &Range<usize>) -> Template {
        let pieces = script.spanned_pieces_in(&self.text, at.clone(), BraceSyntax::Doubled);
        for (at, piece) in &pieces {
            let TemplatePiece::Text(literal) = piece else { continue };
            // The dollar sign of `${EXTEN}`, which is reported as an unknown placeholder.
            let is_reported = literal.ends_with('$') && script.file.has_error_in(&self.span());
            if !Destination::is_valid_part(literal) && !is_reported {
                let span = script.file.span_in(&self.text, at.clone());
                let help = suggestion::destination(self.text.get_ref());
                script.file.error_with_help(span, "not a valid destination", help);
            }
        }
        Template::with_context(
            pieces.into_iter().map(|(_, piece)| piece),
            EscapeContext::Destination,
        )
    }

    /// A priority is a number from 1, or a label.
    fn priority(&self, script: &ScriptContext<'_>, at: &Range<usize>) -> Template {
        let text = self.part(at);
        let is_number = text.starts_with(|c: char| c.is_ascii_digit());
        if is_number && text.parse() == Ok(0_u32) {
            let span = script.file.span_in(&self.text, at.clone());
            script.file.error_with_help(span, "not a valid priority", "priorities start at 1");
        }
        self.destination(script, at)
    }

    fn part(&self, at: &Range<usize>) -> &str {
        self.text.get_ref().get(at.clone()).unwrap_or_default()
    }
}
