//! Questions to a caller, and keys.

use std::sync::Arc;
use std::time::Duration;

use dialscript::channel::{
    CallLimits, Channel, DigitOptions, Digits, DigitsEnd, Interruption, KeySet, Sound,
};
use dialscript::fake::dtmf::DtmfSource;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

pub(super) fn four_digits() -> DigitOptions {
    DigitOptions {
        keys: KeySet::DIGITS,
        max_digits: 4,
        first_digit_timeout: Duration::from_secs(16),
        inter_digit_timeout: Duration::from_secs(4),
        terminator: Some('#'),
        clear: None,
        barge_in: true,
    }
}

/// The expected result of a question.
pub(super) fn heard(digits: &str, ended: DigitsEnd) -> Result<Digits, Interruption> {
    Ok(Digits { digits: digits.into(), end: ended })
}

pub(super) fn sounds(names: &'static [&str]) -> impl Iterator<Item = Sound> + Send {
    names.iter().map(|name| Sound::File(Arc::from(*name)))
}

/// Asks with a prompt of files.
pub(super) async fn ask(
    channel: &mut impl Channel,
    prompt: &'static [&str],
    ask: &DigitOptions,
) -> Result<Digits, Interruption> {
    channel.collect_digits(&mut sounds(prompt), ask).await
}

/// Keys with their times in milliseconds.
pub(super) fn timed(keys: &[(u64, char)]) -> DtmfSource {
    DtmfSource::timed(keys.iter().map(|&(at, key)| (Duration::from_millis(at), key)).collect())
}

/// A call limit of one hour, and the token that shuts the call down.
pub(super) fn one_hour_limit() -> (CallLimits, CancellationToken) {
    let stop = CancellationToken::new();
    let ends = Instant::now() + Duration::from_secs(3600);
    (CallLimits { stop: stop.clone(), ends_at: ends }, stop)
}
