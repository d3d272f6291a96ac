//! Times and numbers within what makes sense.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::time::Duration;

use humantime::format_duration;
use serde_spanned::Spanned;

use super::file::File;
use super::raw::{Time, Whole};

/// From the first to the last time that a key takes.
pub(crate) type Times = RangeInclusive<Duration>;

pub(crate) const fn millis(first: u64, last: u64) -> Times {
    Duration::from_millis(first)..=Duration::from_millis(last)
}

pub(crate) const fn secs(first: u64, last: u64) -> Times {
    Duration::from_secs(first)..=Duration::from_secs(last)
}

impl File {
    /// A time; `default` where none is given.
    pub(crate) fn time(
        &self,
        given: Option<&Spanned<Time>>,
        bounds: Times,
        default: Duration,
    ) -> Duration {
        let Some(given) = given else { return default };
        let time = given.get_ref().0;
        if !bounds.contains(&time) {
            let (first, last) = (format_duration(*bounds.start()), format_duration(*bounds.end()));
            self.out_of_bounds(given, &first, &last);
            return default;
        }
        time
    }

    /// A number; `default` where none is given.
    pub(crate) fn number(
        &self,
        given: Option<&Spanned<Whole>>,
        bounds: RangeInclusive<u64>,
        default: u64,
    ) -> u64 {
        let Some(given) = given else { return default };
        let number = given.get_ref().0;
        if !bounds.contains(&number) {
            self.out_of_bounds(given, bounds.start(), bounds.end());
            return default;
        }
        number
    }

    fn out_of_bounds<T>(&self, given: &Spanned<T>, first: &dyn Display, last: &dyn Display) {
        self.fault(given.span(), format!("out of range: it can be {first} to {last}"));
    }
}
