//! The numbers of finished calls.

use std::sync::atomic::{AtomicU64, Ordering};

use super::switch::Switch;
use crate::script::report::CallOutcome;

/// Finished calls since the daemon started, by switch and outcome.
#[derive(Debug, Default)]
pub struct CallCounts([[AtomicU64; CallOutcome::ALL.len()]; Switch::ALL.len()]);

impl CallCounts {
    pub(super) fn increment(&self, switch: Switch, outcome: CallOutcome) {
        self.counter(switch, outcome).fetch_add(1, Ordering::Relaxed);
    }

    /// The count of each switch and outcome, zeros included.
    pub fn counts(&self) -> Vec<(Switch, CallOutcome, u64)> {
        let pairs = Switch::ALL
            .into_iter()
            .flat_map(|switch| CallOutcome::ALL.into_iter().map(move |outcome| (switch, outcome)));
        let with_count = |(switch, outcome)| {
            (switch, outcome, self.counter(switch, outcome).load(Ordering::Relaxed))
        };
        pairs.map(with_count).collect()
    }

    /// The variants of both enums are numbered in the order of `ALL`.
    fn counter(&self, switch: Switch, outcome: CallOutcome) -> &AtomicU64 {
        &self.0[switch as usize][outcome as usize]
    }
}
