//! Identifiers of executions.

use std::fmt;

/// The identifier of one execution of an application. It is sent as `Event-UUID` in the command and returned as
/// `Application-UUID` in the events (`switch_ivr_parse_event` in `switch_ivr.c`, `switch_core_session_exec` in
/// `switch_core_session.c`).
///
/// It must be unique among the applications that one connection starts on its channel, so a counter is enough. The
/// identifiers that FreeSWITCH generates have 36 hexadecimal digits and dashes, so they never equal `dialscript-1`.
///
/// A dialplan can open a second connection to us for the same channel. Both connections then use the same identifiers
/// and receive each other's events. So an event for an execution that is not running must be ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventUuid(u64);

impl EventUuid {
    /// Whether an `Application-UUID` is this identifier.
    pub fn matches(self, text: &str) -> bool {
        let number = text.strip_prefix(EVENT_UUID_PREFIX);
        number.is_some_and(|number| number == self.0.to_string())
    }
}

const EVENT_UUID_PREFIX: &str = "dialscript-";

impl fmt::Display for EventUuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{EVENT_UUID_PREFIX}{}", self.0)
    }
}

/// Generates the identifiers of one connection.
#[derive(Debug, Default)]
pub struct EventUuidGenerator(u64);

impl EventUuidGenerator {
    pub fn generate(&mut self) -> EventUuid {
        self.0 += 1;
        EventUuid(self.0)
    }
}
