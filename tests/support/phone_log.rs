//! What happens on the phone of a fake switch.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use dialscript::fake::dtmf::DtmfSource;
use dialscript::fake::phone::{CallEvent, Phone, TimedCallEvent};

/// Everything that happened, in order.
#[derive(Clone, Default)]
pub(crate) struct PhoneLog(Arc<Mutex<Vec<TimedCallEvent>>>);

impl PhoneLog {
    /// A phone that writes this log.
    pub(crate) fn phone(&self, keypresses: DtmfSource, hangs_up_after: Option<Duration>) -> Phone {
        let log = self.0.clone();
        Phone::new(keypresses, hangs_up_after, move |timed| log.lock().unwrap().push(timed))
    }

    pub(crate) fn all(&self) -> Vec<TimedCallEvent> {
        self.0.lock().unwrap().clone()
    }

    pub(crate) fn happenings(&self) -> Vec<CallEvent> {
        self.all().into_iter().map(|timed| timed.event).collect()
    }

    /// With milliseconds since the call began.
    pub(crate) fn timed(&self) -> Vec<(u128, CallEvent)> {
        self.all().into_iter().map(|timed| (timed.at.as_millis(), timed.event)).collect()
    }
}
