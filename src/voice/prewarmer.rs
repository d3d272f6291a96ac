//! What scripts need in every call is made before a call wants it.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream;
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep};
use tracing::{info, warn};

use crate::script::voice::{SoundError, SoundRequest};
use crate::voice::sound_service::SoundService;

/// After so long it is looked for what is missing: what failed, what only the fallback engine made, and what somebody
/// removed from the folder.
const CHECK_INTERVAL: Duration = Duration::from_secs(30);
/// What fails again and again is tried more and more seldom, down to this: each try of a service may cost money.
const MAX_RETRY_INTERVAL: Duration = Duration::from_secs(15 * 60);

/// The work in the background.
#[derive(Default)]
pub struct Prewarmer(Mutex<Option<AbortHandle>>);

impl Prewarmer {
    /// Begins it anew. Sounds that are in the making now are completed.
    pub(in crate::voice) fn start(&self, fixed: Vec<SoundRequest>, maker: SoundService) {
        let task = tokio::spawn(prewarm_loop(fixed, maker));
        self.replace_task(Some(task.abort_handle()));
    }

    /// Ends it.
    pub fn stop(&self) {
        self.replace_task(None);
    }

    fn replace_task(&self, new: Option<AbortHandle>) {
        let mut running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(old) = std::mem::replace(&mut *running, new) {
            old.abort();
        }
    }
}

impl Drop for Prewarmer {
    fn drop(&mut self) {
        self.stop();
    }
}

async fn prewarm_loop(mut fixed: Vec<SoundRequest>, maker: SoundService) {
    fixed.retain(|wanted| !maker.needs_switch_tts(wanted));
    if maker.store.is_owned_elsewhere() {
        warn!("another process has the folder of made sounds: it alone keeps it within its bound");
    }
    forget_removed(&maker).await;
    let mut failed = make_all(fixed.clone(), &maker).await;
    log_result(&failed, fixed.len());
    let (mut pause, mut tried) = (CHECK_INTERVAL, Instant::now());
    loop {
        sleep(CHECK_INTERVAL).await;
        forget_removed(&maker).await;
        if !maker.store.has_room() || tried.elapsed() < pause {
            // What is made now would only take the place of what calls want, or fail again.
            continue;
        }
        let missing = fixed.iter().filter(|wanted| !maker.is_cached(wanted)).cloned().collect();
        let before = failed.len();
        failed = make_all(missing, &maker).await;
        tried = Instant::now();
        pause = match failed.len() == before && before > 0 {
            true => (pause * 2).min(MAX_RETRY_INTERVAL),
            false => CHECK_INTERVAL,
        };
        if failed.len() != before {
            log_result(&failed, fixed.len());
        }
    }
}

/// Somebody may have removed files.
async fn forget_removed(maker: &SoundService) {
    let store = maker.store.clone();
    match tokio::task::spawn_blocking(move || store.forget_removed()).await {
        Ok(Ok(0)) | Err(_) => {}
        Ok(Ok(lost)) => warn!(sounds = lost, "made sounds were removed from their folder"),
        Ok(Err(error)) => warn!(%error, "the folder of made sounds can't be read"),
    }
}

/// One place is left for calls, where there are several.
async fn make_all(
    wanted: Vec<SoundRequest>,
    maker: &SoundService,
) -> Vec<(SoundRequest, SoundError)> {
    let makings = wanted.into_iter().map(|wanted| async move {
        let made = maker.render(wanted.clone(), false).await;
        made.err().map(|mute| (wanted, mute))
    });
    let at_once = (maker.max_concurrent - 1).max(1);
    stream::iter(makings).buffer_unordered(at_once).filter_map(std::future::ready).collect().await
}

fn log_result(failed: &[(SoundRequest, SoundError)], all: usize) {
    match failed.first() {
        Some((_, reason)) => {
            let failed = failed.len();
            warn!(failed, of = all, %reason, "sounds could not be made before calls want them");
        }
        None if all > 0 => info!(sounds = all, "made sounds are ready"),
        None => {}
    }
}
