//! How many calls have ended, and how.

use std::sync::atomic::{AtomicU64, Ordering};

use super::Switch;
use crate::script::report::Happened;

/// The calls that have ended since the daemon began, by switch and outcome.
#[derive(Debug, Default)]
pub struct Calls([[AtomicU64; Happened::ALL.len()]; Switch::ALL.len()]);

impl Calls {
    pub(super) fn count(&self, switch: Switch, outcome: Happened) {
        self.of(switch, outcome).fetch_add(1, Ordering::Relaxed);
    }

    /// How many there were of each kind.
    pub fn counts(&self) -> Vec<(Switch, Happened, u64)> {
        let kinds = Switch::ALL
            .into_iter()
            .flat_map(|switch| Happened::ALL.into_iter().map(move |outcome| (switch, outcome)));
        let counted =
            |(switch, outcome)| (switch, outcome, self.of(switch, outcome).load(Ordering::Relaxed));
        kinds.map(counted).collect()
    }

    /// Both enums are numbered in the order of their lists.
    fn of(&self, switch: Switch, outcome: Happened) -> &AtomicU64 {
        &self.0[switch as usize][outcome as usize]
    }
}
