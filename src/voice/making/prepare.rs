//! What scripts need in every call is made before a call wants it.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream;
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep};
use tracing::{info, warn};

use crate::script::voice::{Mute, Wanted};
use crate::voice::maker::Maker;

/// After so long it is looked for what is missing: what failed, what only the fallback engine made, and what somebody
/// removed from the folder.
const LOOKED_EVERY: Duration = Duration::from_secs(30);
/// What fails again and again is tried more and more seldom, down to this: each try of a service may cost money.
const TRIED_AT_LEAST_EVERY: Duration = Duration::from_secs(15 * 60);

/// The work in the background.
#[derive(Default)]
pub struct Preparing(Mutex<Option<AbortHandle>>);

impl Preparing {
    /// Begins it anew. Sounds that are in the making now are completed.
    pub(in crate::voice) fn begin(&self, fixed: Vec<Wanted>, maker: Maker) {
        let task = tokio::spawn(keep_ready(fixed, maker));
        self.replace(Some(task.abort_handle()));
    }

    /// Ends it.
    pub fn end(&self) {
        self.replace(None);
    }

    fn replace(&self, new: Option<AbortHandle>) {
        let mut running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(old) = std::mem::replace(&mut *running, new) {
            old.abort();
        }
    }
}

impl Drop for Preparing {
    fn drop(&mut self) {
        self.end();
    }
}

async fn keep_ready(mut fixed: Vec<Wanted>, maker: Maker) {
    fixed.retain(|wanted| !maker.is_for_the_switch(wanted));
    if maker.store.is_of_another() {
        warn!("another process has the folder of made sounds: it alone keeps it within its bound");
    }
    forget_lost(&maker).await;
    let mut failed = make(fixed.clone(), &maker).await;
    tell(&failed, fixed.len());
    let (mut pause, mut tried) = (LOOKED_EVERY, Instant::now());
    loop {
        sleep(LOOKED_EVERY).await;
        forget_lost(&maker).await;
        if !maker.store.has_room() || tried.elapsed() < pause {
            // What is made now would only take the place of what calls want, or fail again.
            continue;
        }
        let missing = fixed.iter().filter(|wanted| !maker.is_at_hand(wanted)).cloned().collect();
        let before = failed.len();
        failed = make(missing, &maker).await;
        tried = Instant::now();
        pause = match failed.len() == before && before > 0 {
            true => (pause * 2).min(TRIED_AT_LEAST_EVERY),
            false => LOOKED_EVERY,
        };
        if failed.len() != before {
            tell(&failed, fixed.len());
        }
    }
}

/// Somebody may have removed files.
async fn forget_lost(maker: &Maker) {
    let store = maker.store.clone();
    match tokio::task::spawn_blocking(move || store.forget_lost()).await {
        Ok(Ok(0)) | Err(_) => {}
        Ok(Ok(lost)) => warn!(sounds = lost, "made sounds were removed from their folder"),
        Ok(Err(error)) => warn!(%error, "the folder of made sounds can't be read"),
    }
}

/// One place is left for calls, where there are several.
async fn make(wanted: Vec<Wanted>, maker: &Maker) -> Vec<(Wanted, Mute)> {
    let makings = wanted.into_iter().map(|wanted| async move {
        let made = maker.make(wanted.clone(), false).await;
        made.err().map(|mute| (wanted, mute))
    });
    let at_once = (maker.at_once - 1).max(1);
    stream::iter(makings).buffer_unordered(at_once).filter_map(std::future::ready).collect().await
}

fn tell(failed: &[(Wanted, Mute)], all: usize) {
    match failed.first() {
        Some((_, reason)) => {
            let failed = failed.len();
            warn!(failed, of = all, %reason, "sounds could not be made before calls want them");
        }
        None if all > 0 => info!(sounds = all, "made sounds are ready"),
        None => {}
    }
}
