//! Questions to a caller, and keys.

use std::sync::Arc;
use std::time::Duration;

use dialscript::channel::{Ask, Bounds, Channel, Ended, Heard, Interrupted, Sound};
use dialscript::fake::fingers::Fingers;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

pub(super) fn four_digits() -> Ask {
    Ask {
        most: 4,
        first_digit: Duration::from_secs(16),
        gap: Duration::from_secs(4),
        terminator: Some('#'),
        barge_in: true,
    }
}

/// What comes of a question.
pub(super) fn heard(digits: &str, ended: Ended) -> Result<Heard, Interrupted> {
    Ok(Heard { digits: digits.into(), ended })
}

pub(super) fn sounds(names: &'static [&str]) -> impl Iterator<Item = Sound> + Send {
    names.iter().map(|name| Sound::File(Arc::from(*name)))
}

/// Asks with a prompt of files.
pub(super) async fn ask(
    channel: &mut impl Channel,
    prompt: &'static [&str],
    ask: &Ask,
) -> Result<Heard, Interrupted> {
    channel.ask(&mut sounds(prompt), ask).await
}

/// Keys at their milliseconds.
pub(super) fn timed(keys: &[(u64, char)]) -> Fingers {
    Fingers::timed(keys.iter().map(|&(at, key)| (Duration::from_millis(at), key)).collect())
}

/// A call that may last an hour, and what stops it.
pub(super) fn an_hour() -> (Bounds, CancellationToken) {
    let stop = CancellationToken::new();
    let ends = Instant::now() + Duration::from_secs(3600);
    (Bounds { stop: stop.clone(), ends }, stop)
}
