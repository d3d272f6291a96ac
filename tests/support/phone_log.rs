//! Records the events of the phone of a fake switch.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use dialscript::fake::dtmf::DtmfSource;
use dialscript::fake::phone::{CallEvent, Phone, TimedCallEvent};

/// All events in their order.
#[derive(Clone, Default)]
pub(crate) struct PhoneLog(Arc<Mutex<Vec<TimedCallEvent>>>);

impl PhoneLog {
    /// A phone whose events are recorded here.
    pub(crate) fn phone(&self, dtmf: DtmfSource, hang_up_after: Option<Duration>) -> Phone {
        let log = self.0.clone();
        Phone::new(dtmf, hang_up_after, move |event| log.lock().unwrap().push(event))
    }

    pub(crate) fn all(&self) -> Vec<TimedCallEvent> {
        self.0.lock().unwrap().clone()
    }

    pub(crate) fn events(&self) -> Vec<CallEvent> {
        self.all().into_iter().map(|timed| timed.event).collect()
    }

    /// All events with the milliseconds since the start of the call.
    pub(crate) fn timed(&self) -> Vec<(u128, CallEvent)> {
        self.all().into_iter().map(|timed| (timed.at.as_millis(), timed.event)).collect()
    }
}
