//! Recording of the caller.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;

use super::{EslChannel, NARROWBAND_RATE, RECORD_FILL_CNG, ends_listening};
use crate::channel::digits::DigitCollector;
use crate::channel::{Interruption, RecordOptions, RecordResult};
use crate::esl::connection::{ExecutionCompletion, ExecutionWait, REPLY_TIMEOUT};
use crate::esl::variable;
use crate::file_access::explain::with_explanation;
use crate::wire::whole_seconds;

/// A frame of 20 ms counts as silence if its mean level is below this, of 32,767. FreeSWITCH uses the same level for
/// `record_session`. Speech on a telephone has a level of 300 to 2,000, the pauses between words have at most 100, and
/// comfort noise has 50. On a channel of 16 kHz each sample counts twice, so the threshold is doubled (`divisor` in
/// `switch_ivr_record_file_event`).
const SILENCE_THRESHOLD: u32 = 200;
/// If a recording is longer than the silence that ended it by at most this time, it contains only silence.
const SILENCE_TOLERANCE: Duration = Duration::from_millis(100);

impl<S: AsyncRead + AsyncWrite + Unpin + Send> EslChannel<S> {
    /// [`Channel::record`](crate::channel::Channel::record)
    pub(super) async fn record_speech(
        &mut self,
        options: &RecordOptions<'_>,
        mut collector: Option<&mut DigitCollector<'_>>,
    ) -> Result<RecordResult, Interruption> {
        self.connection.ensure_alive()?;
        self.check_can_record(options.file, collector.as_deref_mut()).await?;
        if !self.can_record.unwrap_or(true) {
            self.can_record = None;
            let what = "FreeSWITCH cannot write the recording";
            let reason = with_explanation(what, "freeswitch", options.file).await;
            return Ok(RecordResult::Failed(reason));
        }
        if collector.as_ref().is_some_and(|collector| collector.has_keys()) {
            return Ok(RecordResult::Key);
        }
        let silence = whole_seconds(options.end_silence);
        let argument =
            variable::application_argument(self.record_argument(options), self.expansion());
        let (record, execution) = self.connection.execute("record", &argument)?;
        self.start_application(record).await?;
        let due = Instant::now() + options.max_duration;
        let ends_wait = |key| ends_listening(&mut collector, key);
        let wait = self.connection.wait_for_end_or_key(execution, due, ends_wait).await?;
        if let ExecutionWait::Ended(completion) = &wait {
            return Ok(record_result(completion, Duration::from_secs(silence)));
        }
        self.connection.break_application(execution, collector).await?;
        let is_key = matches!(wait, ExecutionWait::Key);
        Ok(if is_key { RecordResult::Key } else { RecordResult::Speech })
    }

    /// `FILE SECONDS THRESHOLD SILENCE`. We stop the recording ourselves after its maximum duration, so SECONDS matters
    /// only if our connection breaks.
    fn record_argument(&self, options: &RecordOptions<'_>) -> String {
        let file = variable::quote_word(options.file);
        let seconds = whole_seconds(options.max_duration) + 1;
        let silence = whole_seconds(options.end_silence);
        let threshold = SILENCE_THRESHOLD * (self.read_rate / NARROWBAND_RATE).max(1);
        format!("{file} {seconds} {threshold} {silence}")
    }

    /// Checks whether FreeSWITCH can open the file. After a success, it is not checked again in this call. If the file
    /// cannot be opened, `record` would hang the call up (`switch_ivr_record_file_event`), but `record_session` only
    /// reports it. `record_session` also creates the folder.
    pub(super) async fn check_can_record(
        &mut self,
        file: &str,
        collector: Option<&mut DigitCollector<'_>>,
    ) -> Result<(), Interruption> {
        if self.can_record.is_some() {
            return Ok(());
        }
        if !std::mem::replace(&mut self.record_fill_enabled, true) {
            self.defer_variable(RECORD_FILL_CNG, "true");
        }
        // Some versions of `record_session` take quotes and escapes literally (`record_session_function` in
        // `mod_dptools.c`), so a file name that needs them is not checked.
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
        let (start, started) = self.connection.execute("record_session", &argument)?;
        let (stop, stopped) = self.connection.execute("stop_record_session", &argument)?;
        let mut commands = self.take_variable_commands()?;
        commands.extend([unset, start, stop]);
        self.connection.send(&commands).await?;
        let started =
            self.connection.wait_for_end(started, REPLY_TIMEOUT, collector.as_deref_mut()).await?;
        self.connection.wait_for_end(stopped, REPLY_TIMEOUT, collector).await?;
        // The rate may have changed since the call was picked up.
        let rate = started.variable("read_rate").and_then(|rate| rate.parse().ok());
        self.read_rate = rate.unwrap_or(self.read_rate);
        Ok(started.variable(COMPLETION_CAUSE).as_deref() != Some("uri-failure"))
    }
}

/// The variable that says why a `record_session` ended or did not begin (`set_completion_cause` in
/// `switch_ivr_async.c`).
const COMPLETION_CAUSE: &str = "record_completion_cause";

/// `record_ms` counts the frames after the first one. With `record_fill_cng` it includes the time in which the
/// telephone sent nothing.
fn record_result(completion: &ExecutionCompletion, silence: Duration) -> RecordResult {
    let milliseconds = completion.variable("record_ms").and_then(|ms| ms.parse().ok());
    let duration = milliseconds.map_or(Duration::MAX, Duration::from_millis);
    match completion.variable("silence_hits_exhausted").as_deref() {
        Some("true") if duration <= silence + SILENCE_TOLERANCE => RecordResult::Silence,
        Some("false") if duration < SILENCE_TOLERANCE => {
            RecordResult::Failed("the recording ended early".into())
        }
        _ => RecordResult::Speech,
    }
}
