//! Bounds of durations and numbers.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::time::Duration;

use humantime::format_duration;
use serde_spanned::Spanned;

use super::file::TomlFile;
use super::value::{DurationValue, WholeNumber};

/// The shortest and the longest duration that a key accepts.
pub(crate) type DurationRange = RangeInclusive<Duration>;

pub(crate) const fn millis(first: u64, last: u64) -> DurationRange {
    Duration::from_millis(first)..=Duration::from_millis(last)
}

pub(crate) const fn secs(first: u64, last: u64) -> DurationRange {
    Duration::from_secs(first)..=Duration::from_secs(last)
}

impl TomlFile {
    /// The duration of a key; `default` if the key is missing or out of bounds, which is reported.
    pub(crate) fn duration(
        &self,
        given: Option<&Spanned<DurationValue>>,
        bounds: DurationRange,
        default: Duration,
    ) -> Duration {
        let Some(given) = given else { return default };
        let duration = given.get_ref().0;
        if !bounds.contains(&duration) {
            let (first, last) = (format_duration(*bounds.start()), format_duration(*bounds.end()));
            self.out_of_bounds(given, &first, &last);
            return default;
        }
        duration
    }

    /// The number of a key; `default` if the key is missing or out of bounds, which is reported.
    pub(crate) fn number<N: TryFrom<u64> + PartialOrd + Display>(
        &self,
        given: Option<&Spanned<WholeNumber>>,
        bounds: RangeInclusive<N>,
        default: N,
    ) -> N {
        let Some(given) = given else { return default };
        let number = N::try_from(given.get_ref().0).ok().filter(|number| bounds.contains(number));
        number.unwrap_or_else(|| {
            self.out_of_bounds(given, bounds.start(), bounds.end());
            default
        })
    }

    fn out_of_bounds<T>(&self, given: &Spanned<T>, first: &dyn Display, last: &dyn Display) {
        self.error(given.span(), format!("out of range: must be between {first} and {last}"));
    }
}
