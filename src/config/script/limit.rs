//! `[limit]`: how often a script may begin in one call.

use std::ops::Range;

use serde_spanned::Spanned;

use super::facts::ScriptGraph;
use super::outcome::OutcomeTable;
use crate::config::file::TomlFile;
use crate::config::table_reader::TableReader;
use crate::config::value::WholeNumber;

/// Keys that belong only in this table.
pub(super) const OWN_KEYS: &[&str] = &["tries"];

/// The maximum of `tries`. A call runs at most 50 scripts: two that lead to each other reach this before.
const MAX_TRIES: u64 = 20;

/// Names that people try for the key.
const TRIES_NAMES: &[&str] = &["attempts", "max_tries", "max_attempts", "count", "max", "times"];
const TRIES_HELP: &str = "how often the script may begin in one call is `tries`: write `tries = 3`";

#[derive(Debug)]
pub(crate) struct LimitTable {
    pub(super) span: Range<usize>,
    tries: Option<Spanned<WholeNumber>>,
}

impl LimitTable {
    pub(super) fn read(table: &mut TableReader<'_, '_>) -> Self {
        table.explain_required("tries", TRIES_NAMES, TRIES_HELP);
        let tries = table.require("tries", "write `tries = 3`");
        Self { span: table.span.clone(), tries }
    }

    /// `[invalid_input]` says what happens instead of one more try. It must not be a try itself.
    pub(super) fn check(
        &self,
        file: &TomlFile,
        (script, scripts): (&str, &ScriptGraph),
        invalid: Option<&OutcomeTable>,
    ) {
        let Some(invalid) = invalid else {
            let help = "add a table `[invalid_input]`, which says what happens after the last try";
            return file.error_with_help(
                self.span.clone(),
                "[limit] without [invalid_input]",
                help,
            );
        };
        if !scripts.can_begin_again(script) {
            let message = "[limit] has no effect: no script leads back to this one, so it begins only once in a call";
            let help = "remove it; how often the question is asked again is `repeat` in [prompt]";
            file.warn(self.span.clone(), message, help);
        }
        if let (Some(then), Some(next)) = (&invalid.then, invalid.next_script()) {
            if next == script {
                let message = "this would never end: [invalid_input] is taken when [limit] allows no further try";
                let help = "write what happens after the last try, such as `then = \"hangup\"`";
                file.error_with_help(then.span(), message, help);
            } else if scripts.can_get_around_limit(script) {
                let message = format!(
                    "the call can get around [limit]: `{next}` leads back to this script, also after the last try"
                );
                let help = format!(
                    "write what ends the call, such as `then = \"hangup\"`; or add a [limit] to `{next}` whose \
                     [invalid_input] does that"
                );
                file.warn(then.span(), message, help);
            }
        }
    }

    pub(super) fn max_tries(&self, file: &TomlFile) -> u32 {
        let tries = file.number(self.tries.as_ref(), 1..=MAX_TRIES, MAX_TRIES);
        u32::try_from(tries).unwrap_or(u32::MAX)
    }
}
