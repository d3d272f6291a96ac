//! The prompt of a script, and the input that the caller gives, in as many attempts as `repeat` allows.

use std::sync::Arc;

use tokio::time::Instant;
use tracing::{debug, warn};

use super::{CallRun, log_question};
use crate::channel::{
    AsrSource, Channel, HoldMedia, Interruption, LineState, SpeechOptions, SpeechResult, TypeAhead,
};
use crate::script::activity::CallActivity;
use crate::script::call_state::{InputMethod, RequestPhase};
use crate::script::definition::{KeypressInput, Script, SpeechInput};
use crate::script::input_check::InputCheck;
use crate::script::prompt_sounds::PromptSounds;
use crate::script::request::TriggerClient;
use crate::script::voice::VoiceService;
use crate::trace::TraceContext;

/// The result of asking for speech.
enum SpeechAttempt {
    /// Whether the input, speech or digits, is valid.
    Input(InputCheck),
    /// Speech recognition is not available. The caller can still press keys, if the script asks for them.
    UseKeys,
}

impl<C: Channel, T: TriggerClient, V: VoiceService> CallRun<'_, C, T, V> {
    /// Plays the prompt and collects the input. If the script asks for no input, the result is [`InputCheck::Valid`].
    pub(super) async fn prompt_and_collect(
        &mut self,
        script: &Script,
    ) -> Result<InputCheck, Interruption> {
        let started = Instant::now();
        self.report.reason = None;
        let input = if script.asks_for_input() {
            self.ask_question(script).await
        } else {
            let voice_params = self.state.language.voice_params(&script.voice_params, None);
            let (sounds, phase) = ((&script.prompt.sounds, &voice_params), RequestPhase::Before);
            let played = self.play_playlist(script, sounds, phase, TypeAhead::Discard);
            played.await.map(|()| InputCheck::Valid)
        };
        let time = started.elapsed();
        self.report.prompt_time += time;
        if input.is_ok() && script.asks_for_input() {
            self.report.input_times.push((self.state.script().clone(), time));
        }
        input
    }

    async fn ask_question(&mut self, script: &Script) -> Result<InputCheck, Interruption> {
        log_question(script);
        match self.pick_up(script).await? {
            LineState::Up => {}
            LineState::Ringing => return Ok(InputCheck::Missing),
            LineState::HungUp => return Err(Interruption::caller_hung_up()),
        }
        let (mut speech, keypress) = (script.speech.as_ref(), script.keypress.as_ref());
        loop {
            let (trace, mut span) = self.trace.start_parent("input");
            let mut prompt = self.start_prompt(script).with_trace(trace.clone());
            span.set("dialscript.attempt", self.state.attempt());
            let attempt = match speech {
                // In a box: its future is large, and few scripts use speech.
                Some(speech) => {
                    Box::pin(self.ask_for_speech(speech, keypress, &mut prompt, &trace)).await?
                }
                None => SpeechAttempt::UseKeys,
            };
            let input = match (attempt, keypress) {
                (SpeechAttempt::Input(input), _) => input,
                (SpeechAttempt::UseKeys, Some(keypress)) => {
                    self.ask_for_digits(keypress, &mut prompt).await?
                }
                (SpeechAttempt::UseKeys, None) => return Ok(InputCheck::Missing),
            };
            let input = self.check_branches(script, input);
            span.set("dialscript.input", input.as_str());
            drop(span);
            // If speech recognition failed, further attempts ask for keys only.
            speech = speech.filter(|_| self.report.reason.is_none());
            if let (InputCheck::Missing, Some(error)) = (input, prompt.into_error()) {
                self.report.reason = Some(format!("the prompt could not be played: {error}"));
                return Ok(InputCheck::Missing);
            }
            if input == InputCheck::Valid || !self.state.start_next_attempt() {
                return Ok(input);
            }
        }
    }

    fn start_prompt(&self, script: &Script) -> PromptSounds<V::PendingRender> {
        let voice_params = self.state.language.voice_params(&script.voice_params, None);
        self.start_sounds(&script.prompt.sounds, &voice_params, RequestPhase::Before)
    }

    /// Compares a valid input with the branches of a menu, and logs why an input is not valid.
    fn check_branches(&self, script: &Script, input: InputCheck) -> InputCheck {
        let input = match input {
            InputCheck::Valid => {
                script.check_unmatched(&self.state.input().text, self.state.condition_texts())
            }
            rejected => rejected,
        };
        if let InputCheck::Invalid(refusal) = input {
            debug!(reason = refusal.to_string(), "input refused");
        }
        input
    }

    /// Plays the prompt and collects digits.
    async fn ask_for_digits(
        &mut self,
        keypress: &KeypressInput,
        prompt: &mut PromptSounds<V::PendingRender>,
    ) -> Result<InputCheck, Interruption> {
        let collected = self.channel.collect_digits(prompt, &keypress.digit_options).await?;
        Ok(self.record_digits(keypress, collected.digits))
    }

    fn record_digits(&mut self, keypress: &KeypressInput, digits: String) -> InputCheck {
        let input = keypress.check(&digits);
        self.report.digit_count += digits.len();
        self.state.record_input(digits, InputMethod::Keypress);
        input
    }

    /// Plays the prompt and collects speech, or digits if the caller presses keys instead.
    async fn ask_for_speech(
        &mut self,
        speech: &SpeechInput,
        keypress: Option<&KeypressInput>,
        prompt: &mut PromptSounds<V::PendingRender>,
        trace: &TraceContext,
    ) -> Result<SpeechAttempt, Interruption> {
        let (source, recording) = match self.voice.asr_source() {
            Ok(recognizer) => recognizer,
            Err(error) => return Ok(self.fall_back_to_keys(error.to_string())),
        };
        let options = speech_options(speech, keypress, source);
        let result = self.channel.collect_speech(prompt, &options).await?;
        let words = match (result, keypress, recording) {
            (SpeechResult::Digits(collected), Some(keypress), _) => {
                let input = self.record_digits(keypress, collected.digits);
                return Ok(SpeechAttempt::Input(input));
            }
            (SpeechResult::Recorded, _, Some(recording)) => {
                self.progress.restart(CallActivity::RecognizingSpeech);
                let mut span = trace.start_span("speech recognition");
                let language = &self.speech_language(speech);
                let transcript = self.voice.transcribe(recording, language);
                match self.channel.wait(transcript, &HoldMedia::default()).await? {
                    Ok(words) => words,
                    Err(error) => {
                        span.fail(&error);
                        return Ok(self.fall_back_to_keys(error.to_string()));
                    }
                }
            }
            (SpeechResult::Words(words), ..) => words,
            (SpeechResult::Failed(reason), ..) => return Ok(self.fall_back_to_keys(reason)),
            (SpeechResult::NoInput | SpeechResult::Digits(_) | SpeechResult::Recorded, ..) => {
                String::new()
            }
        };
        Ok(SpeechAttempt::Input(self.record_speech(speech, keypress, &words)))
    }

    fn record_speech(
        &mut self,
        speech: &SpeechInput,
        keypress: Option<&KeypressInput>,
        words: &str,
    ) -> InputCheck {
        let language = self.speech_language(speech);
        let (input, text) = speech.check(words, &language, keypress);
        self.report.speech_characters += words.trim().chars().count();
        self.state.record_input(text, InputMethod::Speech);
        input
    }

    /// The language that the caller speaks: that of the script, else that of the call.
    fn speech_language(&self, speech: &SpeechInput) -> Arc<str> {
        speech.language.clone().unwrap_or_else(|| self.state.language.of_speech())
    }

    /// Reports that speech recognition failed, and clears the input of earlier attempts.
    fn fall_back_to_keys(&mut self, reason: String) -> SpeechAttempt {
        warn!(error = reason, "speech recognition failed");
        self.report.reason = Some(reason);
        self.state.record_input(String::new(), InputMethod::Speech);
        SpeechAttempt::UseKeys
    }
}

fn speech_options(
    speech: &SpeechInput,
    keypress: Option<&KeypressInput>,
    source: AsrSource,
) -> SpeechOptions {
    SpeechOptions {
        source,
        no_input_timeout: speech.no_input_timeout,
        end_silence: speech.end_silence,
        max_duration: speech.max_duration,
        digits: keypress.map(|keypress| keypress.digit_options.clone()),
    }
}
