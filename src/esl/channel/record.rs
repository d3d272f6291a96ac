//! What a caller says, recorded by the switch.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;

use super::{EslChannel, FILL};
use crate::channel::Interrupted;
use crate::channel::digits::Collector;
use crate::channel::leg::{Recorded, Recording};
use crate::esl::link::{Completion, Followed, REPLY_TIME};
use crate::esl::variable;

/// The mean loudness of 20 ms below which they are silence, of 32,767: what FreeSWITCH itself takes in a
/// `record_session`. Speech on a telephone is at 300 to 2000, what lies between its words at 100 at most, and comfort
/// noise at 50. A channel of 16 kHz counts each twice (`divisor` in `switch_ivr_record_file_event`).
const THRESHOLD: u32 = 200;
pub(super) const NARROW: u32 = 8000;
/// Beyond the time of silence, a recording of nothing else.
const SLACK: Duration = Duration::from_millis(100);

impl<S: AsyncRead + AsyncWrite + Unpin + Send> EslChannel<S> {
    /// See [`Leg::record`](crate::channel::leg::Leg::record).
    pub(super) async fn record_speech(
        &mut self,
        recording: &Recording<'_>,
        mut collector: Option<&mut Collector<'_>>,
    ) -> Result<Recorded, Interrupted> {
        self.link.alive()?;
        self.try_to_record(recording.file, collector.as_deref_mut()).await?;
        if !self.can_record.unwrap_or(true) {
            self.can_record = None;
            return Ok(Recorded::Failed("the switch can't write the recording".into()));
        }
        if collector.as_ref().is_some_and(|collector| collector.has_keys()) {
            return Ok(Recorded::Key);
        }
        let silence = whole_seconds(recording.silence);
        let argument = variable::argument(self.recorded_as(recording), self.expansion());
        let (record, execution) = self.link.execute("record", &argument)?;
        self.begin(record).await?;
        let due = Instant::now() + recording.maximum;
        let is_last = |key| {
            let Some(collector) = collector.as_mut() else { return true };
            collector.key(key, Instant::now());
            collector.has_keys()
        };
        let followed = self.link.follow(execution, due, is_last).await?;
        if let Followed::Ended(completion) = &followed {
            return Ok(recorded(completion, Duration::from_secs(silence)));
        }
        self.link.break_off(execution, collector).await?;
        let by_key = matches!(followed, Followed::Key);
        Ok(if by_key { Recorded::Key } else { Recorded::Something })
    }

    /// `FILE SECONDS THRESHOLD SILENCE`. The seconds are for the case that nobody is there to end it.
    fn recorded_as(&self, recording: &Recording<'_>) -> String {
        let file = variable::word(recording.file);
        let seconds = whole_seconds(recording.maximum) + 1;
        let silence = whole_seconds(recording.silence);
        let threshold = THRESHOLD * (self.read_rate / NARROW).max(1);
        format!("{file} {seconds} {threshold} {silence}")
    }

    /// Finds out whether FreeSWITCH can open the file. `record` hangs the call up where it can't
    /// (`switch_ivr_record_file_event`); `record_session` says so, and makes the folder. Tried until it could.
    pub(super) async fn try_to_record(
        &mut self,
        file: &str,
        collector: Option<&mut Collector<'_>>,
    ) -> Result<(), Interrupted> {
        if self.can_record.is_some() {
            return Ok(());
        }
        let (fill, _) = self.link.execute("set", &format!("{FILL}=true"))?;
        self.fills_silence = true;
        self.link.send(&[fill]).await?;
        // Some versions of it take quotes and escapes as they are (`record_session_function` in `mod_dptools.c`).
        let can_record = variable::word(file) != file || self.opens(file, collector).await?;
        self.can_record = Some(can_record);
        Ok(())
    }

    async fn opens(
        &mut self,
        file: &str,
        mut collector: Option<&mut Collector<'_>>,
    ) -> Result<bool, Interrupted> {
        let argument = variable::argument(file.to_owned(), self.expansion());
        let (unset, _) = self.link.execute("unset", CAUSE)?;
        let (begin, begun) = self.link.execute("record_session", &argument)?;
        let (end, ended) = self.link.execute("stop_record_session", &argument)?;
        self.link.send(&[unset, begin, end]).await?;
        let begun = self.link.ended(begun, REPLY_TIME, collector.as_deref_mut()).await?;
        self.link.ended(ended, REPLY_TIME, collector).await?;
        // It may be another one since the call was picked up, or the first.
        let rate = begun.variable("read_rate").and_then(|rate| rate.parse().ok());
        self.read_rate = rate.unwrap_or(self.read_rate);
        Ok(begun.variable(CAUSE).as_deref() != Some("uri-failure"))
    }
}

/// Why a `record_session` ended, or did not begin (`set_completion_cause` in `switch_ivr_async.c`).
const CAUSE: &str = "record_completion_cause";

/// The time that was recorded is counted in frames, a frame after the first; with `record_fill_cng` also those in which
/// a telephone that sends no silence sent nothing.
fn recorded(completion: &Completion, silence: Duration) -> Recorded {
    let milliseconds = completion.variable("record_ms").and_then(|ms| ms.parse().ok());
    let lasted = milliseconds.map_or(Duration::MAX, Duration::from_millis);
    match completion.variable("silence_hits_exhausted").as_deref() {
        Some("true") if lasted <= silence + SLACK => Recorded::Silence,
        Some("false") if lasted < SLACK => Recorded::Failed("the recording broke off".into()),
        _ => Recorded::Something,
    }
}

/// Rounded up, at least one: with none FreeSWITCH takes a time of its own.
fn whole_seconds(time: Duration) -> u64 {
    time.as_secs().saturating_add(u64::from(time.subsec_nanos() > 0)).max(1)
}
