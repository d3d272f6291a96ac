//! The numbers of refused calls.

use std::sync::atomic::{AtomicU64, Ordering};

use super::switch::Switch;

/// Why a call was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallRefusal {
    /// There is no script of this name.
    UnknownScript,
    /// The file of the script has errors, or leads to such a script.
    ExcludedScript,
    /// `max_calls` was reached.
    Limit,
    /// The address of the switch is not in `allow`.
    NotAllowed,
    /// The first message of the switch was invalid, or did not come in time.
    Handshake,
    /// The daemon was stopping.
    Stopping,
}

impl CallRefusal {
    /// All reasons, in the order of the enum.
    pub const ALL: [Self; 6] = [
        Self::UnknownScript,
        Self::ExcludedScript,
        Self::Limit,
        Self::NotAllowed,
        Self::Handshake,
        Self::Stopping,
    ];

    /// The name in metric labels.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UnknownScript => "unknown_script",
            Self::ExcludedScript => "excluded_script",
            Self::Limit => "limit",
            Self::NotAllowed => "not_allowed",
            Self::Handshake => "handshake",
            Self::Stopping => "stopping",
        }
    }
}

/// Refused calls since the daemon started, by switch and reason.
#[derive(Debug, Default)]
pub struct RefusedCalls([[AtomicU64; CallRefusal::ALL.len()]; Switch::ALL.len()]);

impl RefusedCalls {
    pub(crate) fn increment(&self, switch: Switch, reason: CallRefusal) {
        self.counter(switch, reason).fetch_add(1, Ordering::Relaxed);
    }

    /// The count of each switch and reason, zeros included.
    pub fn counts(&self) -> Vec<(Switch, CallRefusal, u64)> {
        let pairs = Switch::ALL
            .into_iter()
            .flat_map(|switch| CallRefusal::ALL.into_iter().map(move |reason| (switch, reason)));
        let with_count = |(switch, reason)| {
            (switch, reason, self.counter(switch, reason).load(Ordering::Relaxed))
        };
        pairs.map(with_count).collect()
    }

    /// The variants of both enums are numbered in the order of `ALL`.
    fn counter(&self, switch: Switch, reason: CallRefusal) -> &AtomicU64 {
        &self.0[switch as usize][reason as usize]
    }
}
