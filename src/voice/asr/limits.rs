//! Limits on the texts that engines return.

/// Longer transcripts are cut.
pub const MAX_TRANSCRIPT_BYTES: usize = 2000;
/// The longest reply that is read from an engine.
pub(super) const MAX_REPLY_BYTES: usize = 256 * 1024;
