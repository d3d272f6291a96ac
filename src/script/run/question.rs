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
        let (mut speech, keypress) = (script.speech.as_ref(), script.keypress.as_ref());
        loop {
            let mut prompt = self.begin(script, &script.prompt.sounds);
            let heard = match speech {
                Some(speech) => self.listen(speech, keypress, &mut prompt).await?,
                None => Heard::Keys,
            };
            let input = match (heard, keypress) {
                (Heard::Input(input), _) => input,
                (Heard::Keys, Some(keypress)) => self.keys(keypress, &mut prompt).await?,
                (Heard::Keys, None) => return Ok(Input::Nothing),
            };
            // What failed once is not tried again on the same caller where keys serve as well.
            speech = speech.filter(|_| self.report.reason.is_none());
            if let (Input::Nothing, Some(mute)) = (input, prompt.silenced()) {
                self.report.reason = Some(format!("the prompt was not heard: {mute}"));
                return Ok(Input::Nothing);
            }
            if input == Input::Right || !self.memory.may_ask_again() {
                return Ok(input);
            }
        }
    }

    async fn keys(
        &mut self,
        keypress: &Keypress,
        prompt: &mut Parts<V::Making>,
    ) -> Result<Input, Interrupted> {
        let heard = self.channel.ask(prompt, &keypress.ask).await?;
        Ok(self.pressed(keypress, heard.digits))
    }

    fn pressed(&mut self, keypress: &Keypress, digits: String) -> Input {
        let input = keypress.judge(&digits);
        self.report.digits += digits.len();
        self.memory.enter(digits, By::Keypress);
        input
    }

    /// Speech, or keys that were pressed instead.
    async fn listen(
        &mut self,
        speech: &Speech,
        keypress: Option<&Keypress>,
        prompt: &mut Parts<V::Making>,
    ) -> Result<Heard, Interrupted> {
        let (ear, recording) = match self.voice.ear() {
            Ok(ear) => ear,
            Err(deaf) => return Ok(self.deaf(deaf.to_string())),
        };
        let listen = Listen {
            ear,
            start: speech.start,
            silence: speech.silence,
            maximum: speech.maximum,
            keys: keypress.map(|keypress| keypress.ask.clone()),
        };
        let said = self.channel.listen(prompt, &listen).await?;
        let words = match (said, keypress, recording) {
            (Said::Keys(heard), Some(keypress), _) => {
                return Ok(Heard::Input(self.pressed(keypress, heard.digits)));
            }
            (Said::Recorded, _, Some(recording)) => {
                let understood = self.voice.understand(recording, &speech.language);
                match self.channel.wait(understood, &Meanwhile::default()).await? {
                    Ok(words) => words,
                    Err(deaf) => return Ok(self.deaf(deaf.to_string())),
                }
            }
            (Said::Words(words), ..) => words,
            (Said::Unheard(reason), ..) => return Ok(self.deaf(reason)),
            (Said::Nothing | Said::Keys(_) | Said::Recorded, ..) => String::new(),
        };
        Ok(Heard::Input(self.spoken(speech, keypress, &words)))
    }

    fn spoken(&mut self, speech: &Speech, keypress: Option<&Keypress>, words: &str) -> Input {
        let (input, text) = speech.judge(words, keypress);
        self.report.said += words.trim().chars().count();
        self.memory.enter(text, By::Speech);
        input
    }

    /// Speech can't be understood; what was said before counts no more.
    fn deaf(&mut self, reason: String) -> Heard {
        warn!(reason, "speech is not understood");
        self.report.reason = Some(reason);
        self.memory.enter(String::new(), By::Speech);
        Heard::Keys
    }
}

/// What came of listening.
enum Heard {
    /// An input, right or wrong, or none.
    Input(Input),
    /// Speech can't be understood: keys may still be pressed where they are asked for.
    Keys,
}
