//! Dates and times in words.
//!
//! CLDR gives the names and the order of a date, and the time of English and of most languages. What engines read
//! otherwise than a person would say it is changed: `14:00` in German is "14 Uhr", and the first day of a month is
//! "1st", "1er" or "den ersten".

use std::fmt::{self, Write};
use std::ops::Range;

use icu::calendar::{Date as IcuDate, Gregorian};
use icu::datetime::DateTimeFormatterPreferences;
use icu::datetime::FixedCalendarDateTimeFormatter;
use icu::datetime::fieldsets::{T, YMDE};
use icu::datetime::input::Time as IcuTime;
use icu::datetime::options::TimePrecision;
use icu::datetime::parts::DAY;
use icu::locale::preferences::extensions::unicode::keywords::HourCycle;
use jiff::civil::{Date, Time};
use writeable::{Part, PartsWrite, Writeable};

use super::moment::WrittenMoment;
use super::ordinal;
use crate::script::word_language::{Grammar, WordLanguage};

impl WordLanguage {
    /// The date, the time, or both, in words.
    pub(super) fn moment_words(&self, moment: WrittenMoment) -> Option<String> {
        match (moment.date, moment.time) {
            (Some(date), Some(time)) => {
                let (date, time) = (self.date_words(date)?, self.time_words(time)?);
                Some(format!("{date}{} {time}", self.time_preposition(&time)))
            }
            (Some(date), None) => self.date_words(date),
            (None, time) => self.time_words(time?),
        }
    }

    fn date_words(&self, date: Date) -> Option<String> {
        let (month, day) = (u8::try_from(date.month()).ok()?, u8::try_from(date.day()).ok()?);
        let input = IcuDate::try_new_gregorian(date.year().into(), month, day).ok()?;
        let preferences = (&self.locale).into();
        let formatter =
            FixedCalendarDateTimeFormatter::<Gregorian, _>::try_new(preferences, YMDE::long())
                .ok()?;
        let mut date = FormattedDate::default();
        formatter.format(&input).write_to_parts(&mut date).ok()?;
        Some(self.with_day_words(date, day))
    }

    /// Replaces the number of the day by its ordinal, in the languages that say one.
    fn with_day_words(&self, date: FormattedDate, day: u8) -> String {
        let FormattedDate { text, day: at } = date;
        let words = match self.grammar {
            Grammar::English => self.ordinal_words(&day.to_string()),
            Grammar::French if day == 1 => self.ordinal_words("1"),
            // "am Dienstag, den ersten Dezember": right after a preposition, and alone.
            Grammar::German => ordinal::german(day.into()).map(|words| format!("den {words}n")),
            _ => None,
        };
        let Some(words) = words else { return text };
        let after = &text[at.end..];
        // German writes `1.` for "the first".
        let after =
            if self.grammar == Grammar::German { after.trim_start_matches('.') } else { after };
        format!("{}{words}{after}", &text[..at.start])
    }

    fn time_words(&self, time: Time) -> Option<String> {
        let (hour, minute) = (time.hour(), time.minute());
        let words = match (self.grammar, hour, minute) {
            (Grammar::German, hour, minute) => {
                let hour = if hour == 1 { "ein".to_owned() } else { hour.to_string() };
                format!("{hour} Uhr{}", minutes(minute))
            }
            (Grammar::French, 0, minute) => format!("0 heure{}", minutes(minute)),
            (Grammar::French, 1, minute) => format!("une heure{}", minutes(minute)),
            (Grammar::French, hour, minute) => format!("{hour} heures{}", minutes(minute)),
            (Grammar::Hindi, ..) => hindi_time(hour, minute),
            _ => self.cldr_time(time)?,
        };
        match (self.grammar, minute, words.ends_with(":00")) {
            (Grammar::Spanish, 0, true) if hour == 1 => Some("1 hora".to_owned()),
            (Grammar::Spanish, 0, true) => Some(format!("{hour} horas")),
            _ => Some(words),
        }
    }

    /// As CLDR writes it. English has 12 hours everywhere: `14:00` is not read as a time.
    fn cldr_time(&self, time: Time) -> Option<String> {
        let mut preferences: DateTimeFormatterPreferences = (&self.locale).into();
        if self.grammar == Grammar::English {
            preferences.hour_cycle = Some(HourCycle::H12);
        }
        let fields = T::long().with_time_precision(TimePrecision::MinuteOptional);
        let formatter =
            FixedCalendarDateTimeFormatter::<Gregorian, _>::try_new(preferences, fields).ok()?;
        let (hour, minute) = (u8::try_from(time.hour()).ok()?, u8::try_from(time.minute()).ok()?);
        let words = formatter.format(&IcuTime::try_new(hour, minute, 0, 0).ok()?).to_string();
        // Engines speak the zero of `09:30`.
        let has_zero =
            words.starts_with('0') && words[1..].starts_with(|c: char| c.is_ascii_digit());
        Some(if has_zero { words[1..].to_owned() } else { words })
    }

    /// What stands between a date and a time.
    fn time_preposition(&self, time: &str) -> &'static str {
        match self.grammar {
            Grammar::English => " at",
            Grammar::French => " à",
            Grammar::German => " um",
            Grammar::Hindi => " को",
            Grammar::Spanish if time.starts_with("1:") || time.starts_with("1 ") => " a la",
            Grammar::Spanish => " a las",
            Grammar::Other => ",",
        }
    }
}

/// The minutes after a full hour; none are not said.
fn minutes(minute: i8) -> String {
    if minute == 0 { String::new() } else { format!(" {minute}") }
}

/// "2 o'clock in the afternoon". CLDR writes the time of the day in English letters, which engines spell. The words for
/// it are those of CLDR's day periods, which the crate does not offer.
fn hindi_time(hour: i8, minute: i8) -> String {
    let period = match hour {
        4..=11 => "सुबह",
        12..=15 => "दोपहर",
        16..=19 => "शाम",
        _ => "रात",
    };
    let hour = match hour % 12 {
        0 => 12,
        hour => hour,
    };
    match minute {
        0 => format!("{period} {hour} बजे"),
        minute => format!("{period} {hour} बजकर {minute} मिनट"),
    }
}

/// The text of a date, and where the number of the day is in it.
#[derive(Default)]
struct FormattedDate {
    text: String,
    day: Range<usize>,
}

impl Write for FormattedDate {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.text.write_str(text)
    }
}

impl PartsWrite for FormattedDate {
    type SubPartsWrite = Self;

    fn with_part(
        &mut self,
        part: Part,
        mut write: impl FnMut(&mut Self) -> fmt::Result,
    ) -> fmt::Result {
        let start = self.text.len();
        write(self)?;
        if part == DAY {
            self.day = start..self.text.len();
        }
        Ok(())
    }
}
