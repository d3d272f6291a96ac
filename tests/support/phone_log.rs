//! What happens on the phone of a fake switch.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use dialscript::fake::fingers::Fingers;
use dialscript::fake::phone::{Happening, Phone, Told};

/// Everything that happened, in order.
#[derive(Clone, Default)]
pub(crate) struct PhoneLog(Arc<Mutex<Vec<Told>>>);

impl PhoneLog {
    /// A phone that writes this log.
    pub(crate) fn phone(&self, fingers: Fingers, hangs_up_after: Option<Duration>) -> Phone {
        let log = self.0.clone();
        Phone::new(fingers, hangs_up_after, move |told| log.lock().unwrap().push(told))
    }

    pub(crate) fn all(&self) -> Vec<Told> {
        self.0.lock().unwrap().clone()
    }

    pub(crate) fn happenings(&self) -> Vec<Happening> {
        self.all().into_iter().map(|told| told.happening).collect()
    }

    /// With milliseconds since the call began.
    pub(crate) fn timed(&self) -> Vec<(u128, Happening)> {
        self.all().into_iter().map(|told| (told.at.as_millis(), told.happening)).collect()
    }
}
