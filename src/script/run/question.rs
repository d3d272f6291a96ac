//! The question of a script: its prompt, and keys or speech, as often as `repeat` allows.

use tokio::time::Instant;
use tracing::warn;

use super::CallRun;
use crate::channel::{
    Channel, HoldMedia, Interruption, LineState, SpeechOptions, SpeechResult, TypeAhead,
};
use crate::script::call_state::InputMethod;
use crate::script::definition::{KeypressInput, Script, SpeechInput};
use crate::script::input_check::InputCheck;
use crate::script::prompt_sounds::PromptSounds;
use crate::script::request::TriggerClient;
use crate::script::voice::VoiceService;

impl<C: Channel, T: TriggerClient, V: VoiceService> CallRun<'_, C, T, V> {
    /// Prompt and question.
    pub(super) async fn prompt_and_collect(
        &mut self,
        script: &Script,
    ) -> Result<InputCheck, Interruption> {
        let started = Instant::now();
        self.report.reason = None;
        let asks = script.keypress.is_some() || script.speech.is_some();
        let input = match asks {
            true => self.ask_question(script).await,
            false => self
                .play_playlist(script, &script.prompt.sounds, TypeAhead::Discard)
                .await
                .map(|()| InputCheck::Valid),
        };
        self.report.prompt_time += started.elapsed();
        input
    }

    async fn ask_question(&mut self, script: &Script) -> Result<InputCheck, Interruption> {
        match self.channel.pick_up(!script.prompt.stay_unanswered).await? {
            LineState::Up => {}
            LineState::Ringing => return Ok(InputCheck::Missing),
            LineState::HungUp => return Err(Interruption::caller_hung_up()),
        }
        let (mut speech, keypress) = (script.speech.as_ref(), script.keypress.as_ref());
        loop {
            let mut prompt = self.start_sounds(script, &script.prompt.sounds);
            let heard = match speech {
                Some(speech) => self.ask_for_speech(speech, keypress, &mut prompt).await?,
                None => SpeechAttempt::Keys,
            };
            let input = match (heard, keypress) {
                (SpeechAttempt::Input(input), _) => input,
                (SpeechAttempt::Keys, Some(keypress)) => {
                    self.ask_for_digits(keypress, &mut prompt).await?
                }
                (SpeechAttempt::Keys, None) => return Ok(InputCheck::Missing),
            };
            // What failed once is not tried again on the same caller where keys serve as well.
            speech = speech.filter(|_| self.report.reason.is_none());
            if let (InputCheck::Missing, Some(mute)) = (input, prompt.into_error()) {
                self.report.reason = Some(format!("the prompt was not heard: {mute}"));
                return Ok(InputCheck::Missing);
            }
            if input == InputCheck::Valid || !self.state.start_next_attempt() {
                return Ok(input);
            }
        }
    }

    async fn ask_for_digits(
        &mut self,
        keypress: &KeypressInput,
        prompt: &mut PromptSounds<V::PendingRender>,
    ) -> Result<InputCheck, Interruption> {
        let heard = self.channel.collect_digits(prompt, &keypress.digit_options).await?;
        Ok(self.record_digits(keypress, heard.digits))
    }

    fn record_digits(&mut self, keypress: &KeypressInput, digits: String) -> InputCheck {
        let input = keypress.check(&digits);
        self.report.digit_count += digits.len();
        self.state.record_input(digits, InputMethod::Keypress);
        input
    }

    /// Speech, or keys that were pressed instead.
    async fn ask_for_speech(
        &mut self,
        speech: &SpeechInput,
        keypress: Option<&KeypressInput>,
        prompt: &mut PromptSounds<V::PendingRender>,
    ) -> Result<SpeechAttempt, Interruption> {
        let (ear, recording) = match self.voice.asr_source() {
            Ok(ear) => ear,
            Err(deaf) => return Ok(self.fall_back_to_keys(deaf.to_string())),
        };
        let listen = SpeechOptions {
            source: ear,
            no_input_timeout: speech.no_input_timeout,
            end_silence: speech.end_silence,
            max_duration: speech.max_duration,
            digits: keypress.map(|keypress| keypress.digit_options.clone()),
        };
        let said = self.channel.collect_speech(prompt, &listen).await?;
        let words = match (said, keypress, recording) {
            (SpeechResult::Digits(heard), Some(keypress), _) => {
                return Ok(SpeechAttempt::Input(self.record_digits(keypress, heard.digits)));
            }
            (SpeechResult::Recorded, _, Some(recording)) => {
                let understood = self.voice.transcribe(recording, &speech.language);
                match self.channel.wait(understood, &HoldMedia::default()).await? {
                    Ok(words) => words,
                    Err(deaf) => return Ok(self.fall_back_to_keys(deaf.to_string())),
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
        let (input, text) = speech.check(words, keypress);
        self.report.speech_characters += words.trim().chars().count();
        self.state.record_input(text, InputMethod::Speech);
        input
    }

    /// Speech can't be understood; what was said before counts no more.
    fn fall_back_to_keys(&mut self, reason: String) -> SpeechAttempt {
        warn!(reason, "speech is not understood");
        self.report.reason = Some(reason);
        self.state.record_input(String::new(), InputMethod::Speech);
        SpeechAttempt::Keys
    }
}

/// What came of listening.
enum SpeechAttempt {
    /// An input, right or wrong, or none.
    Input(InputCheck),
    /// Speech can't be understood: keys may still be pressed where they are asked for.
    Keys,
}
