//! `[server]`: limits on the number and the duration of calls.

use std::time::Duration;

use serde_spanned::Spanned;

use crate::config::bounds::secs;
use crate::config::file::TomlFile;
use crate::config::table_reader::TableReader;
use crate::config::value::{DurationValue, WholeNumber, flag};
use crate::server::ServerLimits;

#[derive(Debug, Default)]
pub(crate) struct ServerTable {
    grace: Option<Spanned<DurationValue>>,
    max_calls: Option<Spanned<WholeNumber>>,
    longest_call: Option<Spanned<DurationValue>>,
    last_valid: Option<Spanned<bool>>,
}

impl ServerTable {
    pub(crate) fn read(table: &mut TableReader<'_, '_>) -> Self {
        table.explain(
            &["max_connections", "limit", "max", "workers"],
            "the number of calls is `max_calls`",
        );
        Self {
            grace: table.take("grace"),
            max_calls: table.take("max_calls"),
            longest_call: table.take("longest_call"),
            last_valid: table.take("last_valid"),
        }
    }

    /// Whether the last valid version of a script serves while its file is faulty.
    pub(crate) fn serves_last_valid(&self) -> bool {
        flag(self.last_valid.as_ref(), true)
    }

    /// `environment_timeout` is from `[asterisk]`.
    pub(crate) fn limits(&self, file: &TomlFile, environment_timeout: Duration) -> ServerLimits {
        let up_to_a_week = secs(1, 7 * 24 * 3600);
        let four_hours = Duration::from_secs(4 * 3600);
        ServerLimits {
            handshake_timeout: environment_timeout,
            max_calls: file.number(self.max_calls.as_ref(), 1..=100_000, 10_000),
            longest_call: file.duration(self.longest_call.as_ref(), up_to_a_week, four_hours),
            grace: file.duration(self.grace.as_ref(), secs(0, 3600), Duration::from_secs(30)),
        }
    }
}
