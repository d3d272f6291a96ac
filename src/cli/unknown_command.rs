//! What helps somebody who types a command of another program.

use clap::Error;
use clap::error::{ContextKind, ContextValue};

/// Adds the right command to the error, if the unknown command is a word that other programs have.
pub(super) fn add_tip(error: &mut Error) {
    let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidSubcommand) else {
        return;
    };
    let Some(tip) = tip(word) else { return };
    error.remove(ContextKind::SuggestedSubcommand);
    error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
}

fn tip(word: &str) -> Option<String> {
    Some(match word {
        "start" | "stop" | "restart" | "enable" | "disable" | "is-active" | "reload-or-restart" => {
            format!(
                "for the service: `systemctl {word} dialscript`; in a terminal: `dialscript serve`"
            )
        }
        "run" | "daemon" | "server" => "`dialscript serve` runs the daemon".to_owned(),
        "validate" | "verify" | "lint" | "test" => {
            "`dialscript check` checks all files; `dialscript call SCRIPT` tries a script"
                .to_owned()
        }
        "log" | "logs" => "`journalctl -u dialscript` shows the log of the service".to_owned(),
        "init" | "create" => "`dialscript new NAME` writes a script to begin with".to_owned(),
        "version" => "`dialscript --version` prints the version".to_owned(),
        _ => return None,
    })
}
