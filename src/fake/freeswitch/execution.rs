//! Executions of applications.

use std::time::Duration;

use super::stream::FakeEslCommand;
use crate::fake::phone::Phone;

/// The session takes queued messages and a key once per frame.
pub(super) const FRAME_DURATION: Duration = Duration::from_millis(20);
/// The `Application-Response` of an application that sets none.
pub(super) const NO_RESPONSE: &str = "_none_";

/// The `Application-UUID` of the application `socket` itself. FreeSWITCH generates a new one for each call.
pub(super) const SOCKET_APPLICATION_UUID: &str = "00000000-0000-4000-8000-000000000000";

/// A request to run an application.
#[derive(Debug, Clone)]
pub(super) struct FakeExecute {
    pub(super) application: String,
    pub(super) argument: String,
    /// The header `Event-UUID`, else [`SOCKET_APPLICATION_UUID`].
    pub(super) uuid: String,
    /// `event-lock`: later messages wait until the application has ended.
    pub(super) event_lock: bool,
}

pub(super) struct FakeRunningApplication {
    pub(super) execute: FakeExecute,
    pub(super) kind: FakeApplicationKind,
    /// The number of frames until the application ends by itself; `None` if it never does.
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
    pub(super) fn from_command(command: &FakeEslCommand) -> Option<Self> {
        let event_lock = command.header("event-lock") == Some("true");
        let uuid = command.header("Event-UUID").unwrap_or(SOCKET_APPLICATION_UUID).to_owned();
        let application = command.header("execute-app-name")?.to_owned();
        Some(Self { application, argument: command.argument().to_owned(), uuid, event_lock })
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

    pub(super) fn report_end(&self, phone: &mut Phone, completed: bool) {
        match self.kind {
            FakeApplicationKind::Sound | FakeApplicationKind::Speech => {
                phone.sound_ended(completed)
            }
            // The end of these applications is not an event for the phone.
            FakeApplicationKind::Music
            | FakeApplicationKind::Record
            | FakeApplicationKind::Sleep => {}
        }
    }
}
