//! `[otherwise]`, `[no_input]`, `[invalid_input]`, `[no_response]`, and the keys of `[[branch]]` other than `when`:
//! what happens next.

use std::ops::Range;
use std::sync::Arc;

use serde_spanned::Spanned;

use super::context::ScriptContext;
use super::playlist::PlaylistKeys;
use super::then::ThenValue;
use crate::channel::STANDARD_VARIABLE_PREFIX;
use crate::config::engine_params::language;
use crate::config::file::TomlFile;
use crate::config::table_reader::TableReader;
use crate::config::value::NamedTexts;
use crate::script::definition::ScriptOutcome;
use crate::script::escape::EscapeContext;
use crate::script::template::Template;

#[derive(Debug)]
pub(crate) struct OutcomeTable {
    pub(super) span: Range<usize>,
    pub(super) language: Option<Spanned<String>>,
    sounds: PlaylistKeys,
    set: NamedTexts,
    pub(super) then: Option<ThenValue>,
}

impl OutcomeTable {
    pub(super) fn read(table: &mut TableReader<'_, '_>) -> Self {
        let help = "what happens next is `then`, such as `then = \"goto 100@agents\"`";
        table.explain(&["goto", "next", "action", "do", "hangup", "transfer", "continue"], help);
        table.explain(
            &["variables", "vars", "variable", "var"],
            "channel variables are `set`: write `set = { ORDER_STATUS = \"{$status}\" }`",
        );
        table.explain(&["lang", "locale"], "the language of the call is `language`");
        Self {
            span: table.span.clone(),
            language: table.take("language"),
            sounds: PlaylistKeys::read(table),
            set: table.table("set").map(TableReader::pairs).unwrap_or_default(),
            then: ThenValue::read(table),
        }
    }

    /// The script in its `then = "script NAME"`.
    pub(super) fn next_script(&self) -> Option<&str> {
        self.then.as_ref()?.next_script()
    }

    pub(super) fn outcome(&self, script: &ScriptContext<'_>) -> ScriptOutcome {
        ScriptOutcome {
            language: self.language.as_ref().and_then(|given| call_language(script.file, given)),
            sounds: self.sounds.playlist(script),
            variables: self.set.iter().map(|(name, value)| variable(script, name, value)).collect(),
            then: self.then.as_ref().map(|then| then.action(script)).unwrap_or_default(),
        }
    }
}

fn call_language(file: &TomlFile, given: &Spanned<String>) -> Option<Arc<str>> {
    if given.get_ref().contains('{') {
        let help =
            "write a [[branch]] for each language, such as `when = \"de\"` and `language = \"de\"`";
        file.error_with_help(given.span(), "placeholders do not work in `language`", help);
        return None;
    }
    language(file, Some(given))
}

fn variable(
    script: &ScriptContext<'_>,
    name: &Spanned<String>,
    value: &Spanned<String>,
) -> (String, Template) {
    check_variable(script.file, name);
    (name.get_ref().clone(), script.template(value, EscapeContext::Variable))
}

/// A much longer name would not fit into a command to Asterisk.
const MAX_NAME_BYTES: usize = 200;

fn check_variable(file: &TomlFile, given: &Spanned<String>) {
    let name = given.get_ref();
    let is_variable = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if !is_variable {
        let help = match name.contains('(') {
            true if name.starts_with("CHANNEL(language") => {
                "write `language = \"de\"`, beside `set`"
            }
            true => "a function cannot be set: set a variable, and use it in the dialplan",
            false => {
                "use only letters, digits and _, not starting with a digit, such as `ORDER_STATUS`"
            }
        };
        file.error_with_help(given.span(), "not a valid name of a channel variable", help);
    } else if name.len() > MAX_NAME_BYTES {
        let help = format!("use at most {MAX_NAME_BYTES} characters");
        file.error_with_help(given.span(), "the name of this variable is too long", &help);
    } else if name.to_ascii_uppercase().starts_with(STANDARD_VARIABLE_PREFIX) {
        let help = "use another name";
        file.error_with_help(
            given.span(),
            "variables that begin with `DIALSCRIPT_` are reserved",
            help,
        );
    }
}
