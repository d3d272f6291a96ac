//! The calls in progress, for `dialscript calls`.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::time::Instant;

use crate::script::activity::CallProgress;
use crate::telemetry::Switch;

/// A call in progress.
#[derive(Debug)]
pub(crate) struct ActiveCall {
    pub(crate) switch: Switch,
    /// The address of the switch.
    pub(crate) peer: IpAddr,
    /// When the switch connected.
    pub(crate) started_at: Instant,
    pub(crate) progress: CallProgress,
}

impl ActiveCall {
    /// A call that has just begun.
    pub(super) fn new(switch: Switch, peer: IpAddr, started_at: Instant) -> Self {
        Self { switch, peer, started_at, progress: CallProgress::default() }
    }
}

/// The calls in progress. A call takes the lock when it begins and when it ends.
#[derive(Debug, Default)]
pub(super) struct ActiveCalls(Mutex<NumberedCalls>);

#[derive(Debug, Default)]
struct NumberedCalls {
    next_number: u64,
    /// In the order in which they began.
    calls: BTreeMap<u64, Arc<ActiveCall>>,
}

impl ActiveCalls {
    /// Adds a call. It is removed when the result is dropped.
    pub(super) fn add(&self, call: ActiveCall) -> ListedCall<'_> {
        let call = Arc::new(call);
        let mut numbered = self.0.lock();
        let number = numbered.next_number;
        numbered.next_number += 1;
        numbered.calls.insert(number, call.clone());
        ListedCall { calls: self, number, call }
    }

    /// All calls, the oldest first.
    pub(super) fn list(&self) -> Vec<Arc<ActiveCall>> {
        self.0.lock().calls.values().cloned().collect()
    }
}

/// A call that is in the list as long as this exists.
pub(super) struct ListedCall<'a> {
    calls: &'a ActiveCalls,
    number: u64,
    pub(super) call: Arc<ActiveCall>,
}

impl Drop for ListedCall<'_> {
    fn drop(&mut self) {
        let removed = self.calls.0.lock().calls.remove(&self.number);
        // Only after the lock: this may be the last reference to scripts that a reload has replaced.
        drop(removed);
    }
}

#[cfg(test)]
mod tests {
    use std::mem::size_of;
    use std::net::{IpAddr, Ipv4Addr};
    use std::sync::Arc;

    use tokio::time::Instant;

    use crate::server::active_calls::{ActiveCall, ActiveCalls, ListedCall};
    use crate::telemetry::Switch;

    #[test]
    fn calls_are_listed_in_their_order_until_they_end() {
        let calls = ActiveCalls::default();
        let peer = IpAddr::from(Ipv4Addr::LOCALHOST);
        let call = |switch| ActiveCall::new(switch, peer, Instant::now());
        let listed: Vec<_> =
            Switch::ALL.into_iter().map(|switch| calls.add(call(switch))).collect();
        let switches = || calls.list().iter().map(|call| call.switch).collect::<Vec<_>>();
        assert_eq!(switches(), Switch::ALL);
        let mut listed = listed.into_iter();
        drop(listed.next());
        assert_eq!(switches(), [Switch::FreeSwitch]);
        drop(listed);
        assert!(switches().is_empty());
    }

    #[test]
    fn an_active_call_takes_less_than_200_bytes() {
        let in_the_list = size_of::<(u64, Arc<ActiveCall>)>() * 2;
        assert!(size_of::<ActiveCall>() + in_the_list + size_of::<ListedCall<'_>>() < 200);
    }
}
