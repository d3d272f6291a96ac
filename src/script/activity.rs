//! What a call is doing at this moment. The code that runs the call writes it, and `dialscript calls` reads it.

use std::sync::Arc;

use parking_lot::Mutex;
use tokio::time::Instant;

use crate::channel::Caller;
use crate::script::definition::Script;

/// What a call is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallActivity {
    /// Waiting for the first message of the switch.
    Connecting,
    PickingUp,
    PlayingPrompt,
    /// Waiting for a sound that an engine makes, or that is fetched from a URL. The caller hears nothing.
    WaitingForSound,
    WaitingForKey,
    /// Recording the caller, or the switch recognizes what the caller says.
    Listening,
    /// A recognizer turns the recording into text.
    RecognizingSpeech,
    /// Waiting for the answer to the request of the script.
    Requesting,
    /// Setting variables, and asking for a destination.
    ApplyingOutcome,
    HandingOver,
}

impl CallActivity {
    pub const ALL: [Self; 10] = [
        Self::Connecting,
        Self::PickingUp,
        Self::PlayingPrompt,
        Self::WaitingForSound,
        Self::WaitingForKey,
        Self::Listening,
        Self::RecognizingSpeech,
        Self::Requesting,
        Self::ApplyingOutcome,
        Self::HandingOver,
    ];

    /// The name in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::PickingUp => "picking_up",
            Self::PlayingPrompt => "playing_prompt",
            Self::WaitingForSound => "waiting_for_sound",
            Self::WaitingForKey => "waiting_for_key",
            Self::Listening => "listening",
            Self::RecognizingSpeech => "recognizing_speech",
            Self::Requesting => "requesting",
            Self::ApplyingOutcome => "applying_outcome",
            Self::HandingOver => "handing_over",
        }
    }
}

/// The progress of one call. Each change takes a short lock that only a reader of [`CallProgress::now`] contends for, and
/// allocates nothing.
#[derive(Debug)]
pub struct CallProgress(Mutex<ProgressSnapshot>);

/// The progress of a call at one moment.
#[derive(Debug, Clone)]
pub struct ProgressSnapshot {
    pub activity: CallActivity,
    /// When the activity began.
    pub since: Instant,
    /// Who calls; `None` until the switch has said it.
    pub caller: Option<Arc<Caller>>,
    /// The script that the call began with.
    pub first_script: Option<Arc<Script>>,
    /// The script that runs.
    pub script: Option<Arc<Script>>,
    /// How many scripts the call has run, the running one included.
    pub scripts: u8,
}

impl Default for CallProgress {
    fn default() -> Self {
        Self(Mutex::new(ProgressSnapshot {
            activity: CallActivity::Connecting,
            since: Instant::now(),
            caller: None,
            first_script: None,
            script: None,
            scripts: 0,
        }))
    }
}

impl CallProgress {
    pub fn now(&self) -> ProgressSnapshot {
        self.0.lock().clone()
    }

    /// The call does this now. If it does it already, its duration counts on.
    pub(crate) fn set(&self, activity: CallActivity) {
        let mut progress = self.0.lock();
        if progress.activity != activity {
            (progress.activity, progress.since) = (activity, Instant::now());
        }
    }

    /// The call does this now, and its duration counts from now on.
    pub(crate) fn restart(&self, activity: CallActivity) {
        let mut progress = self.0.lock();
        (progress.activity, progress.since) = (activity, Instant::now());
    }

    /// The switch has said who calls.
    pub(crate) fn set_caller(&self, caller: Arc<Caller>) {
        self.0.lock().caller = Some(caller);
    }

    /// A script begins.
    pub(crate) fn start_script(&self, script: Arc<Script>) {
        let mut progress = self.0.lock();
        progress.scripts = progress.scripts.saturating_add(1);
        if progress.first_script.is_none() {
            progress.first_script = Some(script.clone());
        }
        progress.script = Some(script);
    }
}
