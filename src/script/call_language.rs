//! The language of a call: what the switch has set, until an outcome sets another one.

use std::sync::Arc;

use crate::channel::Caller;
use crate::script::language_code::{DEFAULT_LANGUAGE, language_tag};
use crate::script::voice::VoiceParams;

/// The language of a call.
///
/// The language that an outcome sets is that of all texts, sounds and speech. The language that the switch has set is
/// that of sounds and speech only: texts are then spoken as `[voice]` or the engine says.
pub(crate) struct CallLanguage {
    caller: Arc<Caller>,
    /// That of the last outcome with `language`.
    set_by_outcome: Option<Arc<str>>,
}

impl CallLanguage {
    /// The language of the caller's channel.
    pub(crate) fn of_channel(caller: Arc<Caller>) -> Self {
        Self { caller, set_by_outcome: None }
    }

    pub(crate) fn set(&mut self, language: Arc<str>) {
        self.set_by_outcome = Some(language);
    }

    /// For `{language}`, and for sounds: such as `de`, or `pt_BR` in the form of the switch.
    pub(crate) fn as_str(&self) -> &str {
        self.set_by_outcome.as_deref().unwrap_or(&self.caller.language)
    }

    /// How a text is spoken. `script` is `[voice]` of its script, and `outcome` the language that its own outcome sets.
    pub(crate) fn voice_params(
        &self,
        script: &Arc<VoiceParams>,
        outcome: Option<&Arc<str>>,
    ) -> Arc<VoiceParams> {
        match (outcome, &script.language, &self.set_by_outcome) {
            (Some(language), ..) => Arc::new(script.in_outcome_language(language)),
            (None, None, Some(language)) => Arc::new(script.in_call_language(language)),
            _ => script.clone(),
        }
    }

    /// The language that the caller speaks, if the script does not say it: in the form that engines know.
    pub(crate) fn of_speech(&self) -> Arc<str> {
        let of_channel = || language_tag(&self.caller.language).map(Arc::from);
        let language = self.set_by_outcome.clone().or_else(of_channel);
        language.unwrap_or_else(|| DEFAULT_LANGUAGE.into())
    }
}
