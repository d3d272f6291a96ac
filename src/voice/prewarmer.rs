//! Renders the sounds that scripts need in every call before the first call requests them.

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream;
use parking_lot::Mutex;
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep};
use tracing::{info, warn};

use super::sound_renderer::SoundRenderer;
use crate::script::voice::{SoundError, SoundRequest};

/// How often to look for missing sounds: those that could not be rendered, those that only the fallback engine
/// rendered, and those whose files were deleted.
const CHECK_INTERVAL: Duration = Duration::from_secs(30);
/// While the same number of sounds fails, the interval between attempts doubles up to this: each request to a web
/// service may cost money.
const MAX_RETRY_INTERVAL: Duration = Duration::from_secs(15 * 60);

/// The background task, if it runs.
#[derive(Default)]
pub(super) struct Prewarmer(Mutex<Option<AbortHandle>>);

impl Prewarmer {
    /// Replaces the running task. Sounds that it was rendering are still completed.
    pub(super) fn start(&self, fixed_sounds: Vec<SoundRequest>, renderer: SoundRenderer) {
        let task = tokio::spawn(prewarm_loop(fixed_sounds, renderer));
        self.replace_task(Some(task.abort_handle()));
    }

    pub(super) fn stop(&self) {
        self.replace_task(None);
    }

    fn replace_task(&self, new: Option<AbortHandle>) {
        if let Some(old) = std::mem::replace(&mut *self.0.lock(), new) {
            old.abort();
        }
    }
}

impl Drop for Prewarmer {
    fn drop(&mut self) {
        self.stop();
    }
}

async fn prewarm_loop(mut fixed_sounds: Vec<SoundRequest>, renderer: SoundRenderer) {
    fixed_sounds.retain(|request| !renderer.needs_switch_tts(request));
    update_index(&renderer).await;
    wait_for_ownership(&renderer).await;
    let mut failed = render_all(fixed_sounds.clone(), &renderer).await;
    log_result(&failed, fixed_sounds.len());
    let (mut retry_interval, mut attempted_at) = (CHECK_INTERVAL, Instant::now());
    loop {
        sleep(CHECK_INTERVAL).await;
        update_index(&renderer).await;
        // In a full cache, a prepared sound would only replace one that calls use.
        if !renderer.store.has_room() || attempted_at.elapsed() < retry_interval {
            continue;
        }
        let missing = fixed_sounds.iter().filter(|request| !renderer.is_cached(request));
        let failed_before = failed.len();
        failed = render_all(missing.cloned().collect(), &renderer).await;
        attempted_at = Instant::now();
        retry_interval = match failed.len() == failed_before && failed_before > 0 {
            true => (retry_interval * 2).min(MAX_RETRY_INTERVAL),
            false => CHECK_INTERVAL,
        };
        if failed.len() != failed_before {
            log_result(&failed, fixed_sounds.len());
        }
    }
}

/// While another process owns the folder, this one can't store the sounds that it would render.
async fn wait_for_ownership(renderer: &SoundRenderer) {
    if !renderer.store.is_owned_elsewhere() {
        return;
    }
    warn!("another process owns the sound cache: this one stores no sounds");
    while renderer.store.is_owned_elsewhere() {
        sleep(CHECK_INTERVAL).await;
        update_index(renderer).await;
    }
    info!("this process owns the sound cache");
}

async fn update_index(renderer: &SoundRenderer) {
    let store = renderer.store.clone();
    match tokio::task::spawn_blocking(move || store.update_index()).await {
        Ok(Ok(0)) | Err(_) => {}
        Ok(Ok(sounds)) => warn!(sounds, "cached sounds were deleted, but not by this daemon"),
        Ok(Err(error)) => warn!(%error, "can't read the sound cache"),
    }
}

/// Renders sounds, and returns the failed ones with their errors. Leaves one permit for calls, if there are several.
async fn render_all(
    requests: Vec<SoundRequest>,
    renderer: &SoundRenderer,
) -> Vec<(SoundRequest, SoundError)> {
    let attempts = requests.into_iter().map(|request| async move {
        let result = renderer.render(request.clone(), false).await;
        result.err().map(|error| (request, error))
    });
    let concurrency = renderer.max_concurrent().saturating_sub(1).max(1);
    let attempts = stream::iter(attempts).buffer_unordered(concurrency);
    attempts.filter_map(std::future::ready).collect().await
}

fn log_result(failed: &[(SoundRequest, SoundError)], total: usize) {
    match failed.first() {
        Some((_, error)) => {
            let failed = failed.len();
            warn!(failed, total, %error, "some sounds could not be prepared");
        }
        None if total > 0 => info!(sounds = total, "sounds are prepared"),
        None => {}
    }
}
