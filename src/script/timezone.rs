//! The time zone in which the texts of a script tell the time.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};

/// The time zone of dates and times in texts.
#[derive(Debug, Clone)]
pub enum ScriptTimezone {
    /// `timezone` of `[voice]` or of the daemon's file: every time is told in this zone.
    Configured(TimeZone),
    /// The zone of this host. It is used for Unix time only: a time with an offset is told as it is written.
    Host(TimeZone),
}

impl Default for ScriptTimezone {
    fn default() -> Self {
        Self::Host(TimeZone::UTC)
    }
}

impl ScriptTimezone {
    /// The zone of a name such as `Europe/Berlin`, in the system's database or in our own copy. `None` if there is no
    /// such zone.
    pub(crate) fn named(name: &str) -> Option<Self> {
        TimeZone::get(name).ok().map(Self::Configured)
    }

    /// The zone of this host; UTC if the host does not tell it.
    pub(crate) fn host() -> Self {
        Self::Host(TimeZone::system())
    }

    /// The names of all zones.
    pub(crate) fn names() -> Vec<String> {
        jiff::tz::db().available().map(|name| name.to_string()).collect()
    }

    /// What calendar and clock show at a time that was written with an offset.
    pub(super) fn at_offset(&self, written: DateTime, offset: Offset) -> Option<DateTime> {
        match self {
            Self::Configured(zone) => Some(zone.to_datetime(offset.to_timestamp(written).ok()?)),
            Self::Host(_) => Some(written),
        }
    }

    /// What calendar and clock show at a Unix time, in seconds.
    pub(super) fn at_unix_time(&self, seconds: i64) -> Option<DateTime> {
        let (Self::Configured(zone) | Self::Host(zone)) = self;
        Some(zone.to_datetime(Timestamp::from_second(seconds).ok()?))
    }
}
