//! `[breaker]`: when the circuit breaker of an upstream opens.

use serde_spanned::Spanned;

use crate::circuit_breaker::CircuitBreakerSettings;
use crate::config::bounds::secs;
use crate::config::file::TomlFile;
use crate::config::table_reader::TableReader;
use crate::config::value::{DurationValue, WholeNumber};
use crate::trigger::upstream::UPSTREAM_BREAKER;

#[derive(Debug, Default)]
pub(crate) struct BreakerTable {
    failures: Option<Spanned<WholeNumber>>,
    open_for: Option<Spanned<DurationValue>>,
}

impl BreakerTable {
    pub(crate) fn read(table: &mut TableReader<'_, '_>) -> Self {
        Self { failures: table.take("failures"), open_for: table.take("open_for") }
    }

    pub(crate) fn settings(&self, file: &TomlFile) -> CircuitBreakerSettings {
        let default = UPSTREAM_BREAKER;
        CircuitBreakerSettings {
            failure_threshold: file.number(
                self.failures.as_ref(),
                1..=1000,
                default.failure_threshold,
            ),
            open_for: file.duration(self.open_for.as_ref(), secs(1, 600), default.open_for),
            ..default
        }
    }
}
