//! How many calls have ended, and how.

use std::sync::atomic::{AtomicU64, Ordering};

use super::Switch;
use crate::script::report::CallOutcome;

/// The calls that have ended since the daemon began, by switch and outcome.
#[derive(Debug, Default)]
pub struct CallCounts([[AtomicU64; CallOutcome::ALL.len()]; Switch::ALL.len()]);

impl CallCounts {
    pub(super) fn increment(&self, switch: Switch, outcome: CallOutcome) {
        self.counter(switch, outcome).fetch_add(1, Ordering::Relaxed);
    }

    /// How many there were of each kind.
    pub fn counts(&self) -> Vec<(Switch, CallOutcome, u64)> {
        let kinds = Switch::ALL
            .into_iter()
            .flat_map(|switch| CallOutcome::ALL.into_iter().map(move |outcome| (switch, outcome)));
        let counted = |(switch, outcome)| {
            (switch, outcome, self.counter(switch, outcome).load(Ordering::Relaxed))
        };
        kinds.map(counted).collect()
    }

    /// Both enums are numbered in the order of their lists.
    fn counter(&self, switch: Switch, outcome: CallOutcome) -> &AtomicU64 {
        &self.0[switch as usize][outcome as usize]
    }
}
