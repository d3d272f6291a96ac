//! What the dialplan has set on the channel.

use crate::channel::Destination;
use crate::esl::channel_data::ChannelData;
use crate::esl::connection::SOCKET_RESUME;
use crate::esl::variable::VariableExpansion;

/// The language of phrases and `say`, if the dialplan has set it. It has precedence over `default_language`
/// (`phrase_function` in `mod_dptools.c`).
pub(super) const LANGUAGE: &str = "language";

/// What the dialplan had set on the channel when the call began, as far as it matters later. The channel data, of up to
/// 8 kB, is not kept.
pub(super) struct DialplanSettings {
    /// Whether FreeSWITCH expands the arguments of this channel's applications.
    pub(super) expansion: VariableExpansion,
    /// The variable [`SOCKET_RESUME`] is set.
    pub(super) has_socket_resume: bool,
    /// The variable [`LANGUAGE`] is set.
    pub(super) has_language: bool,
    /// The dialplan that a transfer continues in.
    pub(super) dialplan: String,
    /// The variables that the driver changes, unless they were empty.
    originals: Vec<(&'static str, String)>,
}

impl DialplanSettings {
    /// Reads the settings. `changed` are the names of the variables that the driver changes and restores.
    pub(super) fn read(data: &ChannelData, changed: &[&'static str]) -> Self {
        let original = |&name| data.variable(name).map(|value| (name, value.into_owned()));
        let dialplan = data.headers().get("Caller-Dialplan");
        let dialplan = dialplan.filter(|name| Destination::is_valid_part(name));
        Self {
            expansion: expansion(data),
            has_socket_resume: data.variable(SOCKET_RESUME).is_some(),
            has_language: data.variable(LANGUAGE).is_some(),
            dialplan: dialplan.as_deref().unwrap_or("XML").to_owned(),
            originals: changed.iter().filter_map(original).collect(),
        }
    }

    /// The original value of a variable that the driver changes; empty if it was not set.
    pub(super) fn original(&self, name: &str) -> String {
        let original = self.originals.iter().find(|(original, _)| *original == name);
        original.map(|(_, value)| value.clone()).unwrap_or_default()
    }

    /// A script has set a variable that the driver changes: this is the value that it has at the hand-over.
    pub(super) fn set_original(&mut self, name: &'static str, value: &str) {
        self.originals.retain(|(original, _)| *original != name);
        self.originals.push((name, value.to_owned()));
    }
}

/// `switch_true` in `switch_utils.h`
fn expansion(data: &ChannelData) -> VariableExpansion {
    match data.variable("app_disable_expand_variables").as_deref() {
        Some("true" | "yes" | "on" | "1" | "t" | "enabled" | "active" | "allow") => {
            VariableExpansion::Off
        }
        _ => VariableExpansion::On,
    }
}
