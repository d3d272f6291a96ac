//! Plays a dialogue on both fake switches.

use std::fs;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use dialscript::script::definition::ScriptLibrary;
use regex::Regex;

use crate::script::equal::call::CallRow;
use crate::script::equal::switches::{on_asterisk, on_freeswitch};
use crate::script::examples::dialogue::{Dialogue, DialogueLine};
use crate::script::examples::folder;
use crate::script::examples::observed::ObservedDialogue;
use crate::support::config_folder::ConfigFolder;

/// A number that is reserved for examples.
pub(crate) const CALLER: &str = "+12025550147";
/// So short that a prompt of many parts is over before the caller presses a key.
const SOUND_LENGTH: Duration = Duration::from_millis(40);
/// How long the caller thinks before a key.
const KEY_DELAY: Duration = Duration::from_secs(2);
/// How long after the end of a line the caller hangs up.
const HANGUP_DELAY: Duration = Duration::from_millis(300);

static SECRET: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\{secret\.([\w-]+)\}").unwrap());

#[derive(Clone, Copy)]
enum PlayedSwitch {
    Asterisk,
    FreeSwitch,
}

/// How a call differs from its dialogue, if it does on one of the switches.
pub(crate) async fn difference(example: &'static str, dialogue: &Dialogue) -> Option<String> {
    let (_config, library) = library(example);
    for (switch, name) in
        [(PlayedSwitch::Asterisk, "Asterisk"), (PlayedSwitch::FreeSwitch, "FreeSWITCH")]
    {
        let observed = played(switch, example, dialogue, &library).await;
        let (expected, observed) = (dialogue.expected(), observed.texts());
        let same = expected.len() == observed.len();
        if !same || !expected.iter().zip(&observed).all(|(line, seen)| line.matches(seen)) {
            return Some(report(name, &expected, &observed));
        }
    }
    None
}

/// Plays the call. If the caller hangs up, it is played twice: the first call tells when.
async fn played(
    switch: PlayedSwitch,
    example: &'static str,
    dialogue: &Dialogue,
    library: &ScriptLibrary,
) -> ObservedDialogue {
    let whole = observed(switch, &row(example, dialogue), library).await;
    let Some(lines_before) = dialogue.lines_before_hangup() else { return whole };
    let line = lines_before.checked_sub(1).and_then(|index| whole.lines.get(index));
    let at = line.map_or(Duration::ZERO, |(_, end)| *end) + HANGUP_DELAY;
    let mut row = row(example, dialogue);
    row.hangs_up = Some(at);
    observed(switch, &row, library).await
}

async fn observed(
    switch: PlayedSwitch,
    row: &CallRow,
    library: &ScriptLibrary,
) -> ObservedDialogue {
    let call = match switch {
        PlayedSwitch::Asterisk => on_asterisk(row, library).await,
        PlayedSwitch::FreeSwitch => on_freeswitch(row, library).await,
    };
    ObservedDialogue::of(&call)
}

fn row(example: &'static str, dialogue: &Dialogue) -> CallRow {
    let mut row = CallRow::of("");
    (row.first_script, row.caller, row.caller_name) = (example, CALLER, "");
    (row.sound_length, row.key_delay) = (Some(SOUND_LENGTH), Some(KEY_DELAY));
    row.engine_language = Some("en");
    dialogue.prepare(row)
}

/// The scripts in the folder of an example, and its configuration. The value of each secret is its name.
fn library(example: &str) -> (ConfigFolder, Arc<ScriptLibrary>) {
    let config = ConfigFolder::new();
    for entry in fs::read_dir(folder().join(example)).unwrap() {
        let path = entry.unwrap().path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()?.strip_suffix(".toml"))
        else {
            continue;
        };
        let text = fs::read_to_string(&path).unwrap();
        for secret in SECRET.captures_iter(&text) {
            config.file(&format!("secrets/{}", &secret[1]), &secret[1]);
        }
        match name {
            "dialscript" => config.daemon_file(text),
            name => config.script(name, &text),
        };
    }
    let library = config.config().library;
    (config, library)
}

fn report(switch: &str, expected: &[DialogueLine], observed: &[DialogueLine]) -> String {
    let text = |lines: &[DialogueLine]| {
        lines.iter().map(|line| format!("    {}\n", line.written())).collect::<String>()
    };
    format!("on {switch} the call was:\n{}and should be:\n{}", text(observed), text(expected))
}
