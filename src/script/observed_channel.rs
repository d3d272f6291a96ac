//! A channel that reports each of its steps to the [`CallProgress`] of its call. So neither the drivers nor the code
//! that runs scripts has to report them, and both switches report the same.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use crate::channel::digits::{DigitCollector, TypeAheadBuffer};
use crate::channel::{
    Caller, Channel, Destination, DestinationCheck, Exit, HandoverResult, HoldMedia, Interruption,
    LineState, RecognizeOptions, RecognizeResult, RecordOptions, RecordResult, Sound,
};
use crate::script::activity::{CallActivity, CallProgress};

/// The methods return the futures of the channel itself, so that the future of a call does not grow.
pub struct ObservedChannel<'a, C> {
    channel: C,
    progress: &'a CallProgress,
}

impl<'a, C: Channel> ObservedChannel<'a, C> {
    pub fn new(channel: C, progress: &'a CallProgress) -> Self {
        Self { channel, progress }
    }
}

impl<C: Channel> Channel for ObservedChannel<'_, C> {
    fn caller(&self) -> &Arc<Caller> {
        self.channel.caller()
    }

    fn has_tts(&self) -> bool {
        self.channel.has_tts()
    }

    fn type_ahead(&mut self) -> &mut TypeAheadBuffer {
        self.channel.type_ahead()
    }

    fn pick_up(
        &mut self,
        answer: bool,
    ) -> impl Future<Output = Result<LineState, Interruption>> + Send {
        self.progress.set(CallActivity::PickingUp);
        self.channel.pick_up(answer)
    }

    /// The first step of a question.
    fn prepare_question(
        &mut self,
        recording_file: Option<&str>,
        collector: Option<&mut DigitCollector<'_>>,
    ) -> impl Future<Output = Result<(), Interruption>> + Send {
        self.progress.restart(CallActivity::PlayingPrompt);
        self.channel.prepare_question(recording_file, collector)
    }

    fn play_sounds(
        &mut self,
        sounds: &[Sound],
        collector: Option<&mut DigitCollector<'_>>,
    ) -> impl Future<Output = Result<(), Interruption>> + Send {
        self.progress.set(CallActivity::PlayingPrompt);
        self.channel.play_sounds(sounds, collector)
    }

    fn wait_for_key(
        &mut self,
        timeout: Duration,
        collector: &mut DigitCollector<'_>,
    ) -> impl Future<Output = Result<(), Interruption>> + Send {
        self.progress.set(CallActivity::WaitingForKey);
        self.channel.wait_for_key(timeout, collector)
    }

    fn wait_in_silence<T: Send>(
        &mut self,
        work: impl Future<Output = T> + Send,
        collector: Option<&mut DigitCollector<'_>>,
    ) -> impl Future<Output = Result<Option<T>, Interruption>> + Send {
        self.progress.set(CallActivity::WaitingForSound);
        self.channel.wait_in_silence(work, collector)
    }

    fn record(
        &mut self,
        options: &RecordOptions<'_>,
        collector: Option<&mut DigitCollector<'_>>,
    ) -> impl Future<Output = Result<RecordResult, Interruption>> + Send {
        self.progress.set(CallActivity::Listening);
        self.channel.record(options, collector)
    }

    fn recognize(
        &mut self,
        options: &RecognizeOptions<'_>,
        prompt: Option<&Sound>,
        collector: Option<&mut DigitCollector<'_>>,
    ) -> impl Future<Output = Result<RecognizeResult, Interruption>> + Send {
        self.progress.set(CallActivity::Listening);
        self.channel.recognize(options, prompt, collector)
    }

    /// What the call waits for is reported by the code that starts it.
    fn wait<T: Send>(
        &mut self,
        work: impl Future<Output = T> + Send,
        hold_media: &HoldMedia,
    ) -> impl Future<Output = Result<T, Interruption>> + Send {
        self.channel.wait(work, hold_media)
    }

    fn check_destination(
        &mut self,
        destination: &Destination,
    ) -> impl Future<Output = Result<DestinationCheck, Interruption>> + Send {
        self.progress.set(CallActivity::ApplyingOutcome);
        self.channel.check_destination(destination)
    }

    fn set_variables(
        &mut self,
        variables: &[(&str, String)],
    ) -> impl Future<Output = Result<(), Interruption>> + Send {
        self.progress.set(CallActivity::ApplyingOutcome);
        self.channel.set_variables(variables)
    }

    fn set_language(&mut self, language: &str) {
        self.channel.set_language(language);
    }

    fn hand_over(
        self,
        variables: &[(&str, String)],
        exit: &Exit,
    ) -> impl Future<Output = HandoverResult> + Send {
        self.progress.set(CallActivity::HandingOver);
        self.channel.hand_over(variables, exit)
    }
}
