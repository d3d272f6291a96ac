//! What a caller says, recorded by the switch.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;

use super::{EslChannel, RECORD_FILL_CNG};
use crate::channel::digits::DigitCollector;
use crate::channel::{Interruption, RecordOptions, RecordResult};
use crate::esl::connection::{ExecutionCompletion, ExecutionWait, REPLY_TIMEOUT};
use crate::esl::variable;
use crate::wire::whole_seconds;

/// The mean loudness of 20 ms below which they are silence, of 32,767: what FreeSWITCH itself takes in a
/// `record_session`. Speech on a telephone is at 300 to 2000, what lies between its words at 100 at most, and comfort
/// noise at 50. A channel of 16 kHz counts each twice (`divisor` in `switch_ivr_record_file_event`).
const SILENCE_THRESHOLD: u32 = 200;
pub(super) const NARROWBAND_RATE: u32 = 8000;
/// Beyond the time of silence, a recording of nothing else.
const SILENCE_TOLERANCE: Duration = Duration::from_millis(100);

impl<S: AsyncRead + AsyncWrite + Unpin + Send> EslChannel<S> {
    /// See [`Leg::record`](crate::channel::leg::Leg::record).
    pub(super) async fn record_speech(
        &mut self,
        recording: &RecordOptions<'_>,
        mut collector: Option<&mut DigitCollector<'_>>,
    ) -> Result<RecordResult, Interruption> {
        self.connection.ensure_alive()?;
        self.check_can_record(recording.file, collector.as_deref_mut()).await?;
        if !self.can_record.unwrap_or(true) {
            self.can_record = None;
            return Ok(RecordResult::Failed("FreeSWITCH cannot write the recording".into()));
        }
        if collector.as_ref().is_some_and(|collector| collector.has_keys()) {
            return Ok(RecordResult::Key);
        }
        let silence = whole_seconds(recording.end_silence);
        let argument =
            variable::application_argument(self.record_argument(recording), self.expansion());
        let (record, execution) = self.connection.execute("record", &argument)?;
        self.start_application(record).await?;
        let due = Instant::now() + recording.max_duration;
        let is_last = |key| {
            let Some(collector) = collector.as_mut() else { return true };
            collector.push_key(key, Instant::now());
            collector.has_keys()
        };
        let followed = self.connection.wait_for_end_or_key(execution, due, is_last).await?;
        if let ExecutionWait::Ended(completion) = &followed {
            return Ok(record_result(completion, Duration::from_secs(silence)));
        }
        self.connection.break_application(execution, collector).await?;
        let by_key = matches!(followed, ExecutionWait::Key);
        Ok(if by_key { RecordResult::Key } else { RecordResult::Speech })
    }

    /// `FILE SECONDS THRESHOLD SILENCE`. The seconds are for the case that nobody is there to end it.
    fn record_argument(&self, recording: &RecordOptions<'_>) -> String {
        let file = variable::quote_word(recording.file);
        let seconds = whole_seconds(recording.max_duration) + 1;
        let silence = whole_seconds(recording.end_silence);
        let threshold = SILENCE_THRESHOLD * (self.read_rate / NARROWBAND_RATE).max(1);
        format!("{file} {seconds} {threshold} {silence}")
    }

    /// Finds out whether FreeSWITCH can open the file. `record` hangs the call up where it can't
    /// (`switch_ivr_record_file_event`); `record_session` says so, and makes the folder. Tried until it could.
    pub(super) async fn check_can_record(
        &mut self,
        file: &str,
        collector: Option<&mut DigitCollector<'_>>,
    ) -> Result<(), Interruption> {
        if self.can_record.is_some() {
            return Ok(());
        }
        let (fill, _) = self.connection.execute("set", &format!("{RECORD_FILL_CNG}=true"))?;
        self.record_fill_enabled = true;
        self.connection.send(&[fill]).await?;
        // Some versions of it take quotes and escapes as they are (`record_session_function` in `mod_dptools.c`).
        let can_record =
            variable::quote_word(file) != file || self.can_open_file(file, collector).await?;
        self.can_record = Some(can_record);
        Ok(())
    }

    async fn can_open_file(
        &mut self,
        file: &str,
        mut collector: Option<&mut DigitCollector<'_>>,
    ) -> Result<bool, Interruption> {
        let argument = variable::application_argument(file.to_owned(), self.expansion());
        let (unset, _) = self.connection.execute("unset", COMPLETION_CAUSE)?;
        let (begin, begun) = self.connection.execute("record_session", &argument)?;
        let (end, ended) = self.connection.execute("stop_record_session", &argument)?;
        self.connection.send(&[unset, begin, end]).await?;
        let begun =
            self.connection.wait_for_end(begun, REPLY_TIMEOUT, collector.as_deref_mut()).await?;
        self.connection.wait_for_end(ended, REPLY_TIMEOUT, collector).await?;
        // It may be another one since the call was picked up, or the first.
        let rate = begun.variable("read_rate").and_then(|rate| rate.parse().ok());
        self.read_rate = rate.unwrap_or(self.read_rate);
        Ok(begun.variable(COMPLETION_CAUSE).as_deref() != Some("uri-failure"))
    }
}

/// Why a `record_session` ended, or did not begin (`set_completion_cause` in `switch_ivr_async.c`).
const COMPLETION_CAUSE: &str = "record_completion_cause";

/// The time that was recorded is counted in frames, a frame after the first; with `record_fill_cng` also those in which
/// a telephone that sends no silence sent nothing.
fn record_result(completion: &ExecutionCompletion, silence: Duration) -> RecordResult {
    let milliseconds = completion.variable("record_ms").and_then(|ms| ms.parse().ok());
    let lasted = milliseconds.map_or(Duration::MAX, Duration::from_millis);
    match completion.variable("silence_hits_exhausted").as_deref() {
        Some("true") if lasted <= silence + SILENCE_TOLERANCE => RecordResult::Silence,
        Some("false") if lasted < SILENCE_TOLERANCE => {
            RecordResult::Failed("the recording ended early".into())
        }
        _ => RecordResult::Speech,
    }
}
