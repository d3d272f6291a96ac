//! The caller: presses keys, speaks, hears, hangs up; and the story of it as it happens.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::fingers::Fingers;
use super::mouth::{Mouth, Speech};

/// Something that happened in a call, as the caller or the dialplan sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happening {
    /// The call is picked up.
    PickedUp,
    /// A sound begins.
    Hears {
        /// As the switch was told.
        sound: String,
        /// From where it begins to its end.
        lasts: Duration,
    },
    /// A sound ended before its end.
    BrokenOff {
        /// As the switch was told.
        sound: String,
        /// How much of it was heard.
        after: Duration,
    },
    /// A sound was to be played that is not there.
    Missing {
        /// As the switch was told.
        sound: String,
    },
    /// A key that was listened for.
    Presses(char),
    /// A key that nobody listened for: it is lost.
    KeyLost(char),
    /// Something is said while the switch listens.
    Says {
        /// The words.
        text: String,
        /// From its beginning to its end.
        lasts: Duration,
    },
    /// A recording is over.
    Recorded {
        /// Where it is.
        file: String,
        /// How long it is, as it was cut.
        lasts: Duration,
    },
    /// Music begins, of this class.
    MusicOn(String),
    /// The music ends.
    MusicOff,
    /// The caller hangs up.
    HangsUp,
    /// The caller is hung up, with this cause of Q.850.
    IsHungUp(u8),
    /// The dialplan has a variable from now on.
    Variable {
        /// Its name.
        name: String,
        /// Its value.
        value: String,
    },
    /// The dialplan has the call back.
    GoesOn(GoesOn),
}

/// Where a dialplan goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GoesOn {
    /// At the next step.
    NextStep,
    /// At this place: `EXTENSION@CONTEXT`, with `,PRIORITY` on a switch that has priorities.
    At(String),
    /// Nowhere, since there is no such place: the call ends.
    NoSuchPlace(String),
    /// In the handling of hang-ups.
    HangupHandler,
    /// Nowhere: the switch holds the call until the caller gives up.
    Stranded,
}

/// A happening, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Since the call began.
    pub at: Duration,
    /// What happened.
    pub happening: Happening,
}

/// What a caller does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// A key is released.
    Key(char),
    /// The caller hangs up.
    HangUp,
}

/// A telephone, and who holds it.
pub struct Phone {
    began: Instant,
    fingers: Fingers,
    mouth: Mouth,
    hangs_up: Option<Instant>,
    gone: bool,
    plays: Option<(String, Instant)>,
    music: bool,
    tell: Box<dyn FnMut(Told) + Send>,
}

impl Phone {
    /// A call that begins now. The caller hangs up after a time, and `tell` is told all that happens.
    pub fn new(
        fingers: Fingers,
        hangs_up_after: Option<Duration>,
        tell: impl FnMut(Told) + Send + 'static,
    ) -> Self {
        let began = Instant::now();
        let hangs_up = hangs_up_after.map(|after| began + after);
        let (mouth, tell) = (Mouth::silent(), Box::new(tell));
        Self { began, fingers, mouth, hangs_up, gone: false, plays: None, music: false, tell }
    }

    /// A caller who speaks.
    #[must_use]
    pub fn saying(self, mouth: Mouth) -> Self {
        Self { mouth, ..self }
    }

    /// What the caller does next; nothing any more after hanging up. May be cancelled and asked again.
    pub async fn acts(&mut self) -> Act {
        if self.gone {
            return std::future::pending().await;
        }
        tokio::select! {
            biased;
            key = self.fingers.press() => Act::Key(key),
            () = at(self.hangs_up) => {
                self.gone = true;
                self.tell(Happening::HangsUp);
                Act::HangUp
            }
        }
    }

    /// The call is picked up.
    pub fn is_picked_up(&mut self) {
        self.fingers.begin(Instant::now());
        self.mouth.begin(Instant::now());
        self.tell(Happening::PickedUp);
    }

    /// The switch takes keys from now on; `anew` when that is a new question.
    pub fn is_asked(&mut self, anew: bool) {
        self.fingers.listened_to(anew);
    }

    /// The switch listens to what is said from now on.
    pub fn is_listened_to(&mut self) {
        self.mouth.listened_to(Instant::now());
    }

    /// What the caller is saying, else what will be said next.
    pub fn speech(&mut self) -> Option<Speech> {
        self.mouth.speech(Instant::now())
    }

    /// The switch takes no keys any more.
    pub fn is_not_asked(&mut self) {
        self.fingers.not_listened_to();
    }

    /// A sound begins. Music does not go on beside it.
    pub fn hears(&mut self, sound: &str, lasts: Duration) {
        self.music_off();
        self.plays = Some((sound.to_owned(), Instant::now()));
        self.tell(Happening::Hears { sound: sound.to_owned(), lasts });
    }

    /// The sound ended: by itself, or it was broken off.
    pub fn heard(&mut self, to_its_end: bool) {
        if let Some((sound, since)) = self.plays.take().filter(|_| !to_its_end) {
            self.tell(Happening::BrokenOff { sound, after: since.elapsed() });
        }
    }

    /// Music begins.
    pub fn music_on(&mut self, class: &str) {
        self.music = true;
        self.tell(Happening::MusicOn(class.to_owned()));
    }

    /// Whether there is music.
    pub fn hears_music(&self) -> bool {
        self.music
    }

    /// Music ends, if there was any.
    pub fn music_off(&mut self) {
        if std::mem::take(&mut self.music) {
            self.tell(Happening::MusicOff);
        }
    }

    /// The switch hung up.
    pub fn is_hung_up(&mut self, cause: u8) {
        self.gone = true;
        self.tell(Happening::IsHungUp(cause));
    }

    /// Tells something else that happened.
    pub fn tell(&mut self, happening: Happening) {
        (self.tell)(Told { at: self.began.elapsed(), happening });
    }
}

/// Waits until a time, or for ever.
pub(super) async fn at(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => std::future::pending().await,
    }
}
