//! Applications: those that are to run, and those that run.

use std::time::Duration;

use super::stream::FakeEslCommand;
use crate::fake::phone::Phone;

/// The session's clock: it looks at its queue, and takes a key, once in each frame.
pub(super) const FRAME_DURATION: Duration = Duration::from_millis(20);
/// Of an application that tells none.
pub(super) const NO_RESPONSE: &str = "_none_";

/// The `Application-UUID` of the `socket` application itself: FreeSWITCH makes one up.
pub(super) const SOCKET_APPLICATION_UUID: &str = "00000000-0000-4000-8000-000000000000";

/// An application that is to run.
#[derive(Debug, Clone)]
pub(super) struct FakeExecute {
    pub(super) application: String,
    pub(super) argument: String,
    /// `Event-UUID`, or one that is made up.
    pub(super) uuid: String,
    /// `event-lock`: what comes later waits for its end.
    pub(super) event_lock: bool,
}

/// One that takes time.
pub(super) struct FakeRunningApplication {
    pub(super) execute: FakeExecute,
    pub(super) kind: FakeApplicationKind,
    /// Until it ends by itself; `None` is never.
    pub(super) frames_left: Option<u128>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FakeApplicationKind {
    Sound,
    /// `speak` and `say`
    Speech,
    Music,
    Record,
    Sleep,
}

impl FakeExecute {
    pub(super) fn from_command(packet: &FakeEslCommand) -> Option<Self> {
        let locked = packet.header("event-lock") == Some("true");
        let uuid = packet.header("Event-UUID").unwrap_or(SOCKET_APPLICATION_UUID).to_owned();
        let application = packet.header("execute-app-name")?.to_owned();
        Some(Self { application, argument: packet.argument().to_owned(), uuid, event_lock: locked })
    }

    pub(super) fn headers<'a>(&'a self, response: Option<&'a str>) -> Vec<(&'static str, &'a str)> {
        let mut headers = vec![("Application", &*self.application)];
        headers
            .extend((!self.argument.is_empty()).then_some(("Application-Data", &*self.argument)));
        headers.extend(response.map(|response| ("Application-Response", response)));
        headers.push(("Application-UUID", &self.uuid));
        headers
    }
}

impl FakeRunningApplication {
    pub(super) fn new(
        execute: FakeExecute,
        kind: FakeApplicationKind,
        time: Option<Duration>,
    ) -> Self {
        let frames_left =
            time.map(|time| time.as_millis().div_ceil(FRAME_DURATION.as_millis()).max(1));
        Self { execute, kind, frames_left }
    }

    pub(super) fn report_end(&self, phone: &mut Phone, to_its_end: bool) {
        match self.kind {
            FakeApplicationKind::Sound | FakeApplicationKind::Speech => {
                phone.sound_ended(to_its_end)
            }
            // It does not end: the caller does.
            FakeApplicationKind::Music
            | FakeApplicationKind::Record
            | FakeApplicationKind::Sleep => {}
        }
    }
}
