//! The reply to `calls`: what the active calls are doing, as `dialscript calls --json` prints it.

use serde::{Deserialize, Serialize};

/// One active call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallStatus {
    /// The name of the switch, as in the log.
    pub switch: String,
    /// The address of the switch.
    pub peer: String,
    /// The time since the switch connected.
    pub age_ms: u64,
    /// The switch's identifier of the call; `None` until the switch has sent it.
    pub call_id: Option<String>,
    /// The caller's number, masked unless the request says otherwise. Empty if it is withheld.
    pub caller: Option<String>,
    /// The script that runs.
    pub script: Option<String>,
    /// The script that the call began with, if that is another one.
    pub first_script: Option<String>,
    /// How many scripts the call has run, the running one included.
    pub scripts: u8,
    /// What the call is doing: one of the names of `CallActivity`.
    pub activity: String,
    /// How long it has been doing that.
    pub activity_ms: u64,
    /// The host that the call waits for, as the script names it. Only while it is requesting.
    pub host: Option<String>,
}

/// The end of the list of calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallTotals {
    /// The number of active calls that the list is about.
    pub calls: usize,
    /// How many of them were left out, because the list would be too long.
    pub omitted: usize,
}
