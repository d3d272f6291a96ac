//! Reads a date or a time as web applications write it: `2026-12-01`, `2026-12-01T14:30+01:00`, `14:30`, `1796135400`.

use jiff::civil::{Date, DateTime, Time, date};
use jiff::fmt::temporal::Pieces;

use crate::channel::{MomentForm, SwitchMoment};
use crate::script::spelling::SpellingError;
use crate::script::timezone::ScriptTimezone;

/// Maximum length of a text that is read as a date or a time, in bytes.
const MAX_BYTES: usize = 60;

/// The years that are read. The dates of other years are more likely another kind of value, and languages name the era
/// with some of them.
const YEARS: std::ops::RangeInclusive<i16> = 1000..=9999;

/// The number of digits of a Unix time in seconds: from 1973 to 5138. Fewer digits may be a year, a time such as `1430`
/// or a date such as `20261201`, and more are milliseconds.
const UNIX_TIME_DIGITS: std::ops::RangeInclusive<usize> = 9..=11;

/// What calendar and clock show. A time alone has no date, and a date alone has no time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct WrittenMoment {
    pub(super) date: Option<Date>,
    pub(super) time: Option<Time>,
}

impl WrittenMoment {
    /// Reads a date in ISO 8601, with or without a time and an offset, a time alone, or a Unix time in seconds. `None`
    /// for anything else.
    pub(super) fn read(text: &str, zone: &ScriptTimezone) -> Option<Self> {
        let text = text.trim();
        if text.len() > MAX_BYTES {
            return None;
        }
        let moment = match is_digits(text.split('.').next().unwrap_or_default()) {
            true => Self::read_number(text, zone),
            false => Self::read_iso(text, zone).or_else(|| Self::read_time(text)),
        }?;
        moment.date.is_none_or(|date| YEARS.contains(&date.year())).then_some(moment)
    }

    /// `20261201` is a date in ISO 8601. The decimals of a Unix time do not count.
    fn read_number(text: &str, zone: &ScriptTimezone) -> Option<Self> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        if text.len() == "20261201".len() && is_digits(text) {
            return Self::read_iso(text, zone);
        }
        if !UNIX_TIME_DIGITS.contains(&whole.len()) || !is_digits(fraction) {
            return None;
        }
        zone.at_unix_time(whole.parse().ok()?).map(Self::from)
    }

    fn read_iso(text: &str, zone: &ScriptTimezone) -> Option<Self> {
        let pieces = Pieces::parse(text).ok()?;
        match (pieces.time(), pieces.to_numeric_offset()) {
            (Some(time), Some(offset)) => {
                zone.at_offset(pieces.date().to_datetime(time), offset).map(Self::from)
            }
            (time, _) => Some(Self { date: Some(pieces.date()), time }),
        }
    }

    /// `14:30` or `14:30:00`. Without the colon it would be a number.
    fn read_time(text: &str) -> Option<Self> {
        let is_time =
            text.contains(':') && text.bytes().all(|b| b.is_ascii_digit() || b":.".contains(&b));
        let time = is_time.then(|| text.parse().ok()).flatten()?;
        Some(Self { date: None, time: Some(time) })
    }

    /// The part that is said in this form: of a date without a time, the form with both says the date alone. `None` if
    /// the form needs a part that is missing.
    pub(super) fn part(self, form: MomentForm) -> Option<Self> {
        match form {
            MomentForm::Date => Some(Self { date: Some(self.date?), time: None }),
            MomentForm::Time => Some(Self { date: None, time: Some(self.time?) }),
            MomentForm::DateTime => self.date.map(|_| self),
        }
    }

    /// For the switch to say.
    pub(super) fn for_switch(self) -> Result<SwitchMoment, SpellingError> {
        let form = match (self.date, self.time) {
            (None, _) => MomentForm::Time,
            (_, None) => MomentForm::Date,
            _ => MomentForm::DateTime,
        };
        // The date of a time alone is not said, but must be late enough.
        let date = self.date.unwrap_or(date(2000, 1, 1));
        let clock = date.to_datetime(self.time.unwrap_or_default());
        let clock_seconds =
            clock.duration_since(DateTime::constant(1970, 1, 1, 0, 0, 0, 0)).as_secs();
        match clock_seconds >= SwitchMoment::MIN_CLOCK_SECONDS {
            true => Ok(SwitchMoment { form, clock_seconds }),
            false => Err(SpellingError::EarlyDate),
        }
    }
}

impl From<DateTime> for WrittenMoment {
    fn from(clock: DateTime) -> Self {
        Self { date: Some(clock.date()), time: Some(clock.time()) }
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
