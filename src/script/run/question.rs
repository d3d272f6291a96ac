//! The question of a script: its prompt, and keys or speech, as often as `repeat` allows.

use tokio::time::Instant;
use tracing::warn;

use super::Call;
use crate::channel::{Channel, Interrupted, Keys, Line, Listen, Meanwhile, Said};
use crate::script::definition::{Keypress, Script, Speech};
use crate::script::input::Input;
use crate::script::memory::By;
use crate::script::request::Triggers;
use crate::script::sounds::Parts;
use crate::script::voice::Voice;

impl<C: Channel, T: Triggers, V: Voice> Call<'_, C, T, V> {
    /// Prompt and question.
    pub(super) async fn collect(&mut self, script: &Script) -> Result<Input, Interrupted> {
        let started = Instant::now();
        self.report.reason = None;
        let asks = script.keypress.is_some() || script.speech.is_some();
        let input = match asks {
            true => self.question(script).await,
            false => self
                .sound(script, &script.prompt.sounds, Keys::Ignored)
                .await
                .map(|()| Input::Right),
        };
        self.report.asked += started.elapsed();
        input
    }

    async fn question(&mut self, script: &Script) -> Result<Input, Interrupted> {
        match self.channel.pick_up(!script.prompt.stay_unanswered).await? {
            Line::Up => {}
            Line::Ringing => return Ok(Input::Nothing),
            Line::Gone => return Err(Interrupted::caller_left()),
        }
        loop {
            let mut prompt = self.begin(script, &script.prompt.sounds);
            let Some(input) = self.asked(script, &mut prompt).await? else {
                return Ok(Input::Nothing);
            };
            if let (Input::Nothing, Some(mute)) = (input, prompt.silenced()) {
                // Nobody answers a question that nobody hears.
                self.report.reason = Some(format!("the prompt was not heard: {mute}"));
                return Ok(Input::Nothing);
            }
            if input == Input::Right || !self.memory.may_ask_again() {
                return Ok(input);
            }
        }
    }

    /// Asks once; `None` where it makes no sense to ask again.
    async fn asked(
        &mut self,
        script: &Script,
        prompt: &mut Parts<V::Making>,
    ) -> Result<Option<Input>, Interrupted> {
        let keypress = script.keypress.as_ref();
        match (&script.speech, keypress) {
            (None, None) => Ok(Some(Input::Right)),
            (None, Some(keypress)) => {
                let heard = self.channel.ask(prompt, &keypress.ask).await?;
                Ok(Some(self.pressed(keypress, heard.digits)))
            }
            (Some(speech), keypress) => match self.listen(speech, keypress, prompt).await? {
                Ok(input) => Ok(Some(input)),
                Err(reason) => self.without_speech(reason, keypress, prompt).await,
            },
        }
    }

    fn pressed(&mut self, keypress: &Keypress, digits: String) -> Input {
        let input = keypress.judge(&digits);
        self.report.digits += digits.len();
        self.memory.enter(digits, By::Keypress);
        input
    }

    /// Speech, or keys instead; the reason where speech could not be understood at all.
    async fn listen(
        &mut self,
        speech: &Speech,
        keypress: Option<&Keypress>,
        prompt: &mut Parts<V::Making>,
    ) -> Result<Result<Input, String>, Interrupted> {
        let (ear, recording) = match self.voice.ear() {
            Ok(ear) => ear,
            Err(deaf) => return Ok(Err(deaf.to_string())),
        };
        let listen = Listen {
            ear,
            start: speech.start,
            silence: speech.silence,
            maximum: speech.maximum,
            keys: keypress.map(|keypress| keypress.ask.clone()),
        };
        let words = match (self.channel.listen(prompt, &listen).await?, keypress, recording) {
            (Said::Keys(heard), Some(keypress), _) => {
                return Ok(Ok(self.pressed(keypress, heard.digits)));
            }
            (Said::Recorded, _, Some(recording)) => {
                let understood = self.voice.understand(recording, &speech.language);
                self.channel.wait(understood, &Meanwhile::default()).await?
            }
            (Said::Words(words), ..) => Ok(words),
            (Said::Unheard(reason), ..) => return Ok(Err(reason)),
            (Said::Nothing | Said::Keys(_) | Said::Recorded, ..) => Ok(String::new()),
        };
        let words = match words {
            Ok(words) => words,
            Err(deaf) => return Ok(Err(deaf.to_string())),
        };
        let (input, text) = speech.judge(&words, keypress);
        self.memory.enter(text, By::Speech);
        Ok(Ok(input))
    }

    /// Speech can't be understood: keys may still be pressed where they are asked for.
    async fn without_speech(
        &mut self,
        reason: String,
        keypress: Option<&Keypress>,
        prompt: &mut Parts<V::Making>,
    ) -> Result<Option<Input>, Interrupted> {
        warn!(reason, "speech is not understood");
        self.report.reason = Some(reason);
        let Some(keypress) = keypress else { return Ok(None) };
        let heard = self.channel.ask(prompt, &keypress.ask).await?;
        Ok(Some(self.pressed(keypress, heard.digits)))
    }
}
