//! The simulated caller, who presses keys, speaks and hangs up, and the events of the call.

use std::time::Duration;

use tokio::time::Instant;

use super::dtmf::DtmfSource;
use super::sleep::sleep_until_or_forever;
use super::utterances::{TimedUtterance, UtteranceSource};

/// An event of a call that the caller or the dialplan sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallEvent {
    PickedUp,
    SoundStarted {
        /// As in the command to the switch.
        sound: String,
        /// The length of the part that will be played.
        duration: Duration,
    },
    /// A sound was stopped before its end.
    SoundInterrupted {
        /// As in the command to the switch.
        sound: String,
        played: Duration,
    },
    /// The server wants to play a sound that does not exist.
    SoundMissing {
        /// As in the command to the switch.
        sound: String,
    },
    /// A key that the switch delivers to the server.
    KeyPressed(char),
    /// A key that the switch drops, since nothing waits for it.
    KeyLost(char),
    /// The caller speaks while the switch records.
    CallerSpoke {
        text: String,
        duration: Duration,
    },
    Recorded {
        file: String,
        /// The length of the file, which may be trimmed.
        duration: Duration,
    },
    /// Music on hold of this class starts.
    MusicStarted(String),
    MusicStopped,
    CallerHungUp,
    /// The switch hangs up, with this Q.850 cause.
    SwitchHungUp(u8),
    /// The server sets a variable for the dialplan.
    VariableSet {
        name: String,
        value: String,
    },
    /// The dialplan has control of the call again.
    DialplanContinued(Continuation),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Continuation {
    NextStep,
    /// `EXTENSION@CONTEXT`, on Asterisk followed by `,PRIORITY`.
    Destination(String),
    /// The destination does not exist: the call ends.
    NoSuchDestination(String),
    /// The call was hung up.
    HangupHandler,
    /// The switch holds the call until the caller hangs up, and the dialplan does not continue.
    Stranded,
}

/// An event and its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimedCallEvent {
    /// Since the start of the call.
    pub at: Duration,
    pub event: CallEvent,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CallerAction {
    Key(char),
    HangUp,
}

pub struct Phone {
    started_at: Instant,
    dtmf: DtmfSource,
    utterances: UtteranceSource,
    hang_up_at: Option<Instant>,
    hung_up: bool,
    playing: Option<(String, Instant)>,
    music_playing: bool,
    on_event: Box<dyn FnMut(TimedCallEvent) + Send>,
}

impl Phone {
    /// Starts a call. The caller hangs up after `hang_up_after`. `on_event` receives all events.
    pub fn new(
        dtmf: DtmfSource,
        hang_up_after: Option<Duration>,
        on_event: impl FnMut(TimedCallEvent) + Send + 'static,
    ) -> Self {
        let started_at = Instant::now();
        let hang_up_at = hang_up_after.map(|after| started_at + after);
        let (utterances, on_event) = (UtteranceSource::silent(), Box::new(on_event));
        Self {
            started_at,
            dtmf,
            utterances,
            hang_up_at,
            hung_up: false,
            playing: None,
            music_playing: false,
            on_event,
        }
    }

    #[must_use]
    pub fn with_utterances(self, utterances: UtteranceSource) -> Self {
        Self { utterances, ..self }
    }

    /// The caller's next action. Never returns after a hang-up. Cancel-safe.
    pub(crate) async fn next_action(&mut self) -> CallerAction {
        if self.hung_up {
            return std::future::pending().await;
        }
        tokio::select! {
            biased;
            key = self.dtmf.next_key() => CallerAction::Key(key),
            () = sleep_until_or_forever(self.hang_up_at) => {
                self.hung_up = true;
                self.emit(CallEvent::CallerHungUp);
                CallerAction::HangUp
            }
        }
    }

    pub fn pick_up(&mut self) {
        self.dtmf.call_picked_up(Instant::now());
        self.utterances.call_picked_up(Instant::now());
        self.emit(CallEvent::PickedUp);
    }

    /// The switch expects keys from now on; `is_new` if this is a new question.
    pub(crate) fn digits_expected(&mut self, is_new: bool) {
        self.dtmf.digits_expected(is_new);
    }

    /// The switch records from now on.
    pub(crate) fn recording_started(&mut self) {
        self.utterances.recording_started(Instant::now());
    }

    /// The utterance in progress, else the next one.
    pub(crate) fn current_utterance(&mut self) -> Option<TimedUtterance> {
        self.utterances.current_or_next(Instant::now())
    }

    /// The switch no longer expects keys.
    pub(crate) fn digits_not_expected(&mut self) {
        self.dtmf.digits_not_expected();
    }

    /// A sound starts, which stops music on hold.
    pub(crate) fn sound_started(&mut self, sound: &str, duration: Duration) {
        self.stop_music();
        self.playing = Some((sound.to_owned(), Instant::now()));
        self.emit(CallEvent::SoundStarted { sound: sound.to_owned(), duration });
    }

    /// The sound ended; `completed` if it was played to its end.
    pub(crate) fn sound_ended(&mut self, completed: bool) {
        if let Some((sound, since)) = self.playing.take().filter(|_| !completed) {
            self.emit(CallEvent::SoundInterrupted { sound, played: since.elapsed() });
        }
    }

    pub(crate) fn start_music(&mut self, class: &str) {
        self.music_playing = true;
        self.emit(CallEvent::MusicStarted(class.to_owned()));
    }

    pub(crate) fn is_music_playing(&self) -> bool {
        self.music_playing
    }

    pub(crate) fn stop_music(&mut self) {
        if std::mem::take(&mut self.music_playing) {
            self.emit(CallEvent::MusicStopped);
        }
    }

    /// The switch hangs up, with this Q.850 cause.
    pub fn hang_up(&mut self, cause: u8) {
        self.hung_up = true;
        self.emit(CallEvent::SwitchHungUp(cause));
    }

    pub(crate) fn emit(&mut self, event: CallEvent) {
        (self.on_event)(TimedCallEvent { at: self.started_at.elapsed(), event });
    }
}
