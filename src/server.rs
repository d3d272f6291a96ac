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

use crate::script::definition::Library;
use crate::script::request::Triggers;
use crate::script::voice::Voice;
use crate::telemetry::Switch;
use crate::telemetry::calls::Calls;

/// Where one kind of switch connects.
#[derive(Debug)]
pub struct Door {
    /// Which kind.
    pub switch: Switch,
    /// Where.
    pub listener: TcpListener,
    /// Who may connect.
    pub allow: Vec<IpNet>,
}

/// What bounds the calls of a daemon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// For a switch's first words.
    pub first_words: Duration,
    /// Most calls at once.
    pub calls: usize,
    /// The longest that a call may take.
    pub longest_call: Duration,
    /// What calls under way get when the daemon is stopped.
    pub grace: Duration,
}

/// A daemon: what all of its calls share.
pub struct Server<T, V> {
    limits: Limits,
    triggers: T,
    voice: V,
    library: RwLock<Arc<Library>>,
    free: Arc<Semaphore>,
    /// Connections that are being refused: they cost little, but not nothing.
    refusals: Arc<Semaphore>,
    /// The same of peers that may not connect, who must not stand in the way of calls that are refused.
    strangers: Arc<Semaphore>,
    calls: TaskTracker,
    ended: Calls,
    /// No new calls.
    closing: CancellationToken,
    /// No calls at all: the grace time is over.
    stop: CancellationToken,
}

/// Most connections that are being refused at once; what comes to more is up to `turn_away`.
const MOST_REFUSALS: usize = 256;
/// What calls get to hand over, and to say goodbye, when the grace time is over.
const HAND_OVER: Duration = Duration::from_secs(8);

impl<T: Triggers + 'static, V: Voice + 'static> Server<T, V> {
    /// A daemon that serves these scripts.
    pub fn new(limits: Limits, library: Arc<Library>, triggers: T, voice: V) -> Arc<Self> {
        Arc::new(Self {
            free: Arc::new(Semaphore::new(limits.calls)),
            refusals: Arc::new(Semaphore::new(MOST_REFUSALS)),
            strangers: Arc::new(Semaphore::new(MOST_REFUSALS)),
            limits,
            triggers,
            voice,
            library: RwLock::new(library),
            calls: TaskTracker::new(),
            ended: Calls::default(),
            closing: CancellationToken::new(),
            stop: CancellationToken::new(),
        })
    }

    /// Calls that begin from now on run these scripts; those under way keep theirs.
    pub fn replace(&self, library: Arc<Library>) {
        *self.library.write().unwrap_or_else(PoisonError::into_inner) = library;
    }

    /// The scripts for a call that begins now.
    pub fn library(&self) -> Arc<Library> {
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
        doors: Vec<Door>,
        stop: impl Future<Output = ()>,
        hurry: impl Future<Output = ()>,
    ) {
        for door in doors {
            self.calls.spawn(listen::accept(self.clone(), door));
        }
        stop.await;
        self.closing.cancel();
        self.calls.close();
        self.drain(hurry).await;
    }

    async fn drain(&self, hurry: impl Future<Output = ()>) {
        info!(calls = self.under_way(), grace = ?self.limits.grace, "stopping: no new calls");
        tokio::select! {
            () = self.calls.wait() => return,
            () = sleep(self.limits.grace) => {}
            () = hurry => {}
        }
        warn!(calls = self.under_way(), "the grace time is over: calls go back to the dialplan");
        self.stop.cancel();
        if timeout(HAND_OVER, self.calls.wait()).await.is_err() {
            warn!(calls = self.under_way(), "calls could not be handed over");
        }
    }

    /// The calls that have ended.
    pub fn ended(&self) -> &Calls {
        &self.ended
    }

    /// How many calls there are now.
    pub fn under_way(&self) -> usize {
        self.limits.calls - self.free.available_permits()
    }
}
