//! Listeners, limits, draining.
//!
//! A connection is always accepted and then, if it must be, refused in words: a call left in the backlog is a call
//! left in silence.

pub mod call;
pub mod listen;

use std::future::Future;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use ipnet::IpNet;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{info, warn};

use crate::script::definition::ScriptLibrary;
use crate::script::request::TriggerClient;
use crate::script::voice::VoiceService;
use crate::telemetry::Switch;
use crate::telemetry::call_counts::CallCounts;

/// Where one kind of switch connects.
#[derive(Debug)]
pub struct SwitchListener {
    /// Which kind.
    pub switch: Switch,
    /// Where.
    pub listener: TcpListener,
    /// Who may connect.
    pub allow: Vec<IpNet>,
}

/// What bounds the calls of a daemon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerLimits {
    /// For a switch's first words.
    pub handshake_timeout: Duration,
    /// Most calls at once.
    pub max_calls: usize,
    /// The longest that a call may take.
    pub longest_call: Duration,
    /// What calls under way get when the daemon is stopped.
    pub grace: Duration,
}

/// A daemon: what all of its calls share.
pub struct CallServer<T, V> {
    limits: ServerLimits,
    triggers: T,
    voice: V,
    library: RwLock<Arc<ScriptLibrary>>,
    call_permits: Arc<Semaphore>,
    /// Connections that are being refused: they cost little, but not nothing.
    refusal_permits: Arc<Semaphore>,
    /// The same of peers that may not connect, who must not stand in the way of calls that are refused.
    denied_peer_permits: Arc<Semaphore>,
    tasks: TaskTracker,
    call_counts: CallCounts,
    /// No new calls.
    draining: CancellationToken,
    /// No calls at all: the grace time is over.
    force_stop: CancellationToken,
}

/// Most connections that are being refused at once; what comes to more is up to `turn_away`.
const MAX_REFUSALS: usize = 256;
/// What calls get to hand over, and to say goodbye, when the grace time is over.
const HAND_OVER_TIMEOUT: Duration = Duration::from_secs(8);

impl<T: TriggerClient + 'static, V: VoiceService + 'static> CallServer<T, V> {
    /// A daemon that serves these scripts.
    pub fn new(
        limits: ServerLimits,
        library: Arc<ScriptLibrary>,
        triggers: T,
        voice: V,
    ) -> Arc<Self> {
        Arc::new(Self {
            call_permits: Arc::new(Semaphore::new(limits.max_calls)),
            refusal_permits: Arc::new(Semaphore::new(MAX_REFUSALS)),
            denied_peer_permits: Arc::new(Semaphore::new(MAX_REFUSALS)),
            limits,
            triggers,
            voice,
            library: RwLock::new(library),
            tasks: TaskTracker::new(),
            call_counts: CallCounts::default(),
            draining: CancellationToken::new(),
            force_stop: CancellationToken::new(),
        })
    }

    /// Calls that begin from now on run these scripts; those under way keep theirs.
    pub fn replace_library(&self, library: Arc<ScriptLibrary>) {
        *self.library.write().unwrap_or_else(PoisonError::into_inner) = library;
    }

    /// The scripts for a call that begins now.
    pub fn library(&self) -> Arc<ScriptLibrary> {
        self.library.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Who sends the requests.
    pub fn triggers(&self) -> &T {
        &self.triggers
    }

    /// Who speaks and listens.
    pub fn voice(&self) -> &V {
        &self.voice
    }

    /// Serves calls until `stop` resolves, then drains them: no new ones, the grace time for those under way, then the
    /// rest is handed back to the dialplan. `hurry` cuts the grace time short.
    pub async fn serve(
        self: &Arc<Self>,
        doors: Vec<SwitchListener>,
        stop: impl Future<Output = ()>,
        hurry: impl Future<Output = ()>,
    ) {
        for door in doors {
            self.tasks.spawn(listen::accept_loop(self.clone(), door));
        }
        stop.await;
        self.draining.cancel();
        self.tasks.close();
        self.drain(hurry).await;
    }

    async fn drain(&self, hurry: impl Future<Output = ()>) {
        info!(calls = self.active_calls(), grace = ?self.limits.grace, "stopping: no new calls");
        tokio::select! {
            () = self.tasks.wait() => return,
            () = sleep(self.limits.grace) => {}
            () = hurry => {}
        }
        warn!(calls = self.active_calls(), "the grace time is over: calls go back to the dialplan");
        self.force_stop.cancel();
        if timeout(HAND_OVER_TIMEOUT, self.tasks.wait()).await.is_err() {
            warn!(calls = self.active_calls(), "calls could not be handed over");
        }
    }

    /// The calls that have ended.
    pub fn call_counts(&self) -> &CallCounts {
        &self.call_counts
    }

    /// How many calls there are now.
    pub fn active_calls(&self) -> usize {
        self.limits.max_calls - self.call_permits.available_permits()
    }
}
