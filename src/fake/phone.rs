//! The caller: presses keys, speaks, hears, hangs up; and the story of it as it happens.

use std::time::Duration;

use tokio::time::Instant;

use super::dtmf::DtmfSource;
use super::sleep::sleep_until_or_forever;
use super::utterances::{TimedUtterance, UtteranceSource};

/// Something that happened in a call, as the caller or the dialplan sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallEvent {
    /// The call is picked up.
    PickedUp,
    /// A sound begins.
    SoundStarted {
        /// As the switch was told.
        sound: String,
        /// From where it begins to its end.
        duration: Duration,
    },
    /// A sound ended before its end.
    SoundInterrupted {
        /// As the switch was told.
        sound: String,
        /// How much of it was heard.
        played: Duration,
    },
    /// A sound was to be played that is not there.
    SoundMissing {
        /// As the switch was told.
        sound: String,
    },
    /// A key that was listened for.
    KeyPressed(char),
    /// A key that nobody listened for: it is lost.
    KeyLost(char),
    /// Something is said while the switch listens.
    CallerSpoke {
        /// The words.
        text: String,
        /// From its beginning to its end.
        duration: Duration,
    },
    /// A recording is over.
    Recorded {
        /// Where it is.
        file: String,
        /// How long it is, as it was cut.
        duration: Duration,
    },
    /// Music begins, of this class.
    MusicStarted(String),
    /// The music ends.
    MusicStopped,
    /// The caller hangs up.
    CallerHungUp,
    /// The caller is hung up, with this cause of Q.850.
    SwitchHungUp(u8),
    /// The dialplan has a variable from now on.
    VariableSet {
        /// Its name.
        name: String,
        /// Its value.
        value: String,
    },
    /// The dialplan has the call back.
    DialplanContinued(Continuation),
}

/// Where a dialplan goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Continuation {
    /// At the next step.
    NextStep,
    /// At this place: `EXTENSION@CONTEXT`, with `,PRIORITY` on a switch that has priorities.
    Destination(String),
    /// Nowhere, since there is no such place: the call ends.
    NoSuchDestination(String),
    /// In the handling of hang-ups.
    HangupHandler,
    /// Nowhere: the switch holds the call until the caller gives up.
    Stranded,
}

/// A happening, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimedCallEvent {
    /// Since the call began.
    pub at: Duration,
    /// What happened.
    pub event: CallEvent,
}

/// What a caller does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallerAction {
    /// A key is released.
    Key(char),
    /// The caller hangs up.
    HangUp,
}

/// A telephone, and who holds it.
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
    /// A call that begins now. The caller hangs up after a time, and `tell` is told all that happens.
    pub fn new(
        dtmf: DtmfSource,
        hangs_up_after: Option<Duration>,
        tell: impl FnMut(TimedCallEvent) + Send + 'static,
    ) -> Self {
        let started_at = Instant::now();
        let hang_up_at = hangs_up_after.map(|after| started_at + after);
        let (utterances, on_event) = (UtteranceSource::silent(), Box::new(tell));
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

    /// A caller who speaks.
    #[must_use]
    pub fn with_utterances(self, mouth: UtteranceSource) -> Self {
        Self { utterances: mouth, ..self }
    }

    /// What the caller does next; nothing any more after hanging up. May be cancelled and asked again.
    pub async fn next_action(&mut self) -> CallerAction {
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

    /// The call is picked up.
    pub fn pick_up(&mut self) {
        self.dtmf.call_picked_up(Instant::now());
        self.utterances.call_picked_up(Instant::now());
        self.emit(CallEvent::PickedUp);
    }

    /// The switch takes keys from now on; `anew` when that is a new question.
    pub fn digits_expected(&mut self, anew: bool) {
        self.dtmf.digits_expected(anew);
    }

    /// The switch listens to what is said from now on.
    pub fn recording_started(&mut self) {
        self.utterances.recording_started(Instant::now());
    }

    /// What the caller is saying, else what will be said next.
    pub fn current_utterance(&mut self) -> Option<TimedUtterance> {
        self.utterances.current_or_next(Instant::now())
    }

    /// The switch takes no keys any more.
    pub fn digits_not_expected(&mut self) {
        self.dtmf.digits_not_expected();
    }

    /// A sound begins. Music does not go on beside it.
    pub fn sound_started(&mut self, sound: &str, lasts: Duration) {
        self.stop_music();
        self.playing = Some((sound.to_owned(), Instant::now()));
        self.emit(CallEvent::SoundStarted { sound: sound.to_owned(), duration: lasts });
    }

    /// The sound ended: by itself, or it was broken off.
    pub fn sound_ended(&mut self, to_its_end: bool) {
        if let Some((sound, since)) = self.playing.take().filter(|_| !to_its_end) {
            self.emit(CallEvent::SoundInterrupted { sound, played: since.elapsed() });
        }
    }

    /// Music begins.
    pub fn start_music(&mut self, class: &str) {
        self.music_playing = true;
        self.emit(CallEvent::MusicStarted(class.to_owned()));
    }

    /// Whether there is music.
    pub fn is_music_playing(&self) -> bool {
        self.music_playing
    }

    /// Music ends, if there was any.
    pub fn stop_music(&mut self) {
        if std::mem::take(&mut self.music_playing) {
            self.emit(CallEvent::MusicStopped);
        }
    }

    /// The switch hung up.
    pub fn hang_up(&mut self, cause: u8) {
        self.hung_up = true;
        self.emit(CallEvent::SwitchHungUp(cause));
    }

    /// Tells something else that happened.
    pub fn emit(&mut self, happening: CallEvent) {
        (self.on_event)(TimedCallEvent { at: self.started_at.elapsed(), event: happening });
    }
}
