//! One call, top to bottom: pick up, prompt, collect, validate, trigger, answer, branch, outcome, leave.

use std::sync::Arc;

use tokio::time::Instant;
use tracing::{debug, warn};

use crate::channel::{Channel, Exit, Interrupted, Keys, Line, Meanwhile, Reach};
use crate::script::answer::{Answer, Found};
use crate::script::branch::{Chosen, choose};
use crate::script::definition::{Library, Outcome, Playlist, Script, Then, Trigger};
use crate::script::destination::destination;
use crate::script::escape::Unfit;
use crate::script::input::Input;
use crate::script::memory::{Arguments, By, Memory};
use crate::script::music::AtHand;
use crate::script::report::{Happened, Report};
use crate::script::request::{Request, Triggers};
use crate::script::sounds::Parts;
use crate::script::subject::Subject;
use crate::script::template::{MASK, Template};
use crate::script::verdict::{Verdict, verdict};
use crate::script::voice::{Hold, Voice};

mod question;

/// Most scripts that one call goes through: a chain that runs in a circle ends.
pub const MOST_SCRIPTS: usize = 50;

/// Runs a script on a call until the dialplan has it back.
pub async fn run<C: Channel, T: Triggers, V: Voice>(
    channel: C,
    library: &Library,
    (triggers, voice): (&T, &V),
    script: Arc<Script>,
    arguments: Arguments,
) -> Report {
    let memory = Memory::new(library, channel.caller().clone(), script, arguments);
    let (report, code) = Default::default();
    let mut call = Call { channel, library, triggers, voice, memory, report, code };
    let exit = match call.scripts().await {
        Ok(exit) => exit,
        Err(interrupted) => call.interrupted(interrupted),
    };
    call.leave(exit).await
}

struct Call<'a, C, T, V> {
    channel: C,
    library: &'a Library,
    triggers: &'a T,
    voice: &'a V,
    memory: Memory<'a>,
    report: Report,
    /// The value at the key, as the dialplan gets it.
    code: String,
}

/// How a call goes on after an outcome.
enum Next {
    Exit(Exit),
    Script(Arc<Script>),
    Again,
}

impl<C: Channel, T: Triggers, V: Voice> Call<'_, C, T, V> {
    async fn scripts(&mut self) -> Result<Exit, Interrupted> {
        for _ in 0..MOST_SCRIPTS {
            match self.script().await? {
                Next::Exit(exit) => return Ok(exit),
                Next::Script(next) => self.memory.begin(next),
                // `[invalid_input]` is what `again` comes to in the end, and says no `again` itself.
                Next::Again => return Ok(Exit::Continue),
            }
        }
        Ok(self.fail(format!("more than {MOST_SCRIPTS} scripts in one call")))
    }

    async fn script(&mut self) -> Result<Next, Interrupted> {
        let script = self.memory.script().clone();
        loop {
            let (happened, outcome) = match self.collect(&script).await? {
                Input::Right => self.decide(&script).await?,
                Input::Nothing => (Happened::NoInput, &script.no_input),
                Input::Wrong => (Happened::InvalidInput, &script.invalid_input),
            };
            match self.take(&script, happened, outcome).await? {
                Next::Again if self.memory.may_ask_again() => {}
                Next::Again => {
                    let invalid = &script.invalid_input;
                    return self.take(&script, Happened::InvalidInput, invalid).await;
                }
                next => return Ok(next),
            }
        }
    }

    /// What the answer, or the input itself, comes to.
    async fn decide<'s>(
        &mut self,
        script: &'s Arc<Script>,
    ) -> Result<(Happened, &'s Outcome), Interrupted> {
        (self.report.cache, self.report.http_status, self.report.trouble) = Default::default();
        self.code.clear();
        match &script.trigger {
            None => Ok(self.compare_input(script)),
            Some(trigger) if trigger.background => Ok(self.tell(script, trigger)),
            Some(trigger) => self.ask(script, trigger).await,
        }
    }

    fn compare_input<'s>(&mut self, script: &'s Script) -> (Happened, &'s Outcome) {
        let input = self.memory.input().text;
        match choose(&script.branches, &Subject::input(&input)) {
            Some(chosen) => self.matched(chosen),
            None => (Happened::Otherwise, &script.otherwise),
        }
    }

    fn tell<'s>(&mut self, script: &'s Arc<Script>, trigger: &Trigger) -> (Happened, &'s Outcome) {
        match self.fill(trigger) {
            Ok(request) => {
                self.triggers.tell(request, script);
                (Happened::Otherwise, &script.otherwise)
            }
            Err(unfit) => self.no_response(script, unfit.to_string()),
        }
    }

    fn fill(&self, trigger: &Trigger) -> Result<Request, Unfit> {
        let request = Request::fill(trigger, &self.memory)?;
        debug!(url = request.to.shown(), body = request.shown_body(), "request");
        Ok(request)
    }

    async fn ask<'s>(
        &mut self,
        script: &'s Arc<Script>,
        trigger: &Trigger,
    ) -> Result<(Happened, &'s Outcome), Interrupted> {
        let request = match self.fill(trigger) {
            Ok(request) => request,
            Err(unfit) => return Ok(self.no_response(script, unfit.to_string())),
        };
        let started = Instant::now();
        // What is held is there until nobody waits any more.
        let (meanwhile, _held) = self.meanwhile(script, trigger);
        let asked = self.triggers.ask(request, script);
        let fetched = self.channel.wait(asked, &meanwhile).await;
        self.report.waited += started.elapsed();
        let fetched = fetched?;
        self.report.asked_for(&fetched);
        Ok(match fetched.answer {
            Ok(answer) => self.branch(script, trigger, answer),
            Err(none) => self.no_response(script, none.to_string()),
        })
    }

    fn meanwhile(&self, script: &Script, trigger: &Trigger) -> (Meanwhile, Vec<Hold>) {
        let language = &self.channel.caller().language;
        let mut at_hand = AtHand::new(self.voice, language, &script.manner, self.channel.speaks());
        let meanwhile = at_hand.meanwhile(&trigger.meanwhile);
        (meanwhile, at_hand.into_holds())
    }

    fn branch<'s>(
        &mut self,
        script: &'s Script,
        trigger: &Trigger,
        answer: Arc<Answer>,
    ) -> (Happened, &'s Outcome) {
        self.memory.answered(answer.clone());
        self.report.http_status = Some(answer.status);
        let subject = Subject::answer(&answer, trigger.key.as_ref());
        if let Some(Found::Text(value)) = &subject.value {
            self.code = value.to_string();
        }
        debug!(
            status = answer.status,
            value = self.shown(&self.code),
            cache = self.report.cache.as_str(),
            trouble = self.report.trouble,
            "answer"
        );
        match verdict(&script.branches, &answer, trigger.key.as_ref()) {
            Verdict::Matched(chosen) => self.matched(chosen),
            Verdict::Otherwise => (Happened::Otherwise, &script.otherwise),
            Verdict::NoResponse(reason) => self.no_response(script, reason),
        }
    }

    fn matched<'s>(&self, chosen: Chosen<'s>) -> (Happened, &'s Outcome) {
        debug!(number = chosen.number, why = self.shown(&chosen.matcher.to_string()), "branch");
        (Happened::Matched, chosen.outcome)
    }

    fn no_response<'s>(
        &mut self,
        script: &'s Script,
        reason: impl Into<String>,
    ) -> (Happened, &'s Outcome) {
        let reason = reason.into();
        debug!(reason, "no response");
        self.report.reason = Some(reason);
        (Happened::NoResponse, &script.no_response)
    }

    /// An outcome: its sound, its variables, its next action.
    async fn take(
        &mut self,
        script: &Script,
        happened: Happened,
        outcome: &Outcome,
    ) -> Result<Next, Interrupted> {
        self.report.outcome = happened;
        if !matches!(happened, Happened::NoResponse | Happened::NoInput) {
            self.report.reason = None;
        }
        let next = match &outcome.then {
            Then::Script(name) => self.library.scripts.get(name).cloned(),
            Then::Again => Some(self.memory.script().clone()),
            _ => None,
        };
        let asks = next.as_ref().and_then(|next| next.keypress.as_ref());
        let keys = asks.map_or(Keys::Ignored, |keypress| Keys::Kept(&keypress.ask));
        // Before the sound: who hangs up in it has heard what was decided, and keys that come in it are for the question
        // that follows at once.
        self.set(outcome).await?;
        self.sound(script, &outcome.sounds, keys).await?;
        self.then(&outcome.then, next).await
    }

    async fn set(&mut self, outcome: &Outcome) -> Result<(), Interrupted> {
        for (name, template) in &outcome.set {
            let value = template.fill(&self.memory).map(|filled| filled.into_text());
            self.channel.set(name, &value.unwrap_or_default()).await?;
        }
        Ok(())
    }

    async fn then(&mut self, then: &Then, next: Option<Arc<Script>>) -> Result<Next, Interrupted> {
        Ok(match (then, next) {
            (Then::Continue, _) => Next::Exit(Exit::Continue),
            (Then::Hangup(cause), _) => Next::Exit(Exit::Hangup(*cause)),
            (Then::Again, _) => Next::Again,
            (Then::Script(_), Some(next)) => Next::Script(next),
            (Then::Script(name), None) => Next::Exit(self.fail(format!("no script {name}"))),
            (Then::Goto { extension, context, priority }, _) => {
                Next::Exit(self.goto(extension, context.as_ref(), priority.as_ref()).await?)
            }
        })
    }

    async fn goto(
        &mut self,
        extension: &Template,
        context: Option<&Template>,
        priority: Option<&Template>,
    ) -> Result<Exit, Interrupted> {
        let (to, shown) = match destination(&self.memory, extension, context, priority) {
            Ok(destination) => destination,
            Err(unfit) => return Ok(self.fail(unfit.to_string())),
        };
        match self.channel.reaches(&to).await? {
            Reach::No => Ok(self.fail(format!("the dialplan has no {shown}"))),
            Reach::Yes | Reach::Unknown => {
                self.report.exit = format!("goto {shown}");
                Ok(Exit::Goto(to))
            }
        }
    }

    /// Plays sounds where a caller can hear them.
    async fn sound(
        &mut self,
        script: &Script,
        sounds: &Playlist,
        keys: Keys<'_>,
    ) -> Result<(), Interrupted> {
        if sounds.is_empty() {
            return Ok(());
        }
        match self.channel.pick_up(!script.prompt.stay_unanswered).await? {
            Line::Up => {
                let mut sounds = self.begin(script, sounds);
                self.channel.play(&mut sounds, keys).await
            }
            Line::Ringing | Line::Gone => Ok(()),
        }
    }

    /// Begins to make what is to be heard.
    fn begin(&self, script: &Script, sounds: &Playlist) -> Parts<V::Making> {
        let language = &self.channel.caller().language;
        let speaks = self.channel.speaks();
        Parts::begin(sounds, &script.manner, language, self.voice, speaks, &self.memory)
    }

    /// The call can't go as the script says: the dialplan goes on, and is told.
    fn fail(&mut self, reason: String) -> Exit {
        self.report.outcome = Happened::Error;
        self.report.reason = Some(reason);
        Exit::Continue
    }

    fn interrupted(&mut self, interrupted: Interrupted) -> Exit {
        match interrupted {
            Interrupted::CallerLeft { digits } => {
                self.report.outcome = Happened::Hangup;
                if !digits.is_empty() {
                    self.report.digits += digits.len();
                    self.memory.enter(digits, By::Keypress);
                }
                self.tell_of_hangup();
                Exit::Continue
            }
            other => self.fail(other.to_string()),
        }
    }

    /// `[hangup]`: the request goes its own way, the channel need not be there for it.
    fn tell_of_hangup(&mut self) {
        let script = self.memory.script().clone();
        let Some(trigger) = &script.hangup else { return };
        match self.fill(trigger) {
            Ok(request) => self.triggers.tell(request, &script),
            Err(unfit) => warn!(reason = %unfit, "[hangup] could not be sent"),
        }
    }

    async fn leave(mut self, exit: Exit) -> Report {
        match &exit {
            Exit::Continue => self.report.exit = "continue".into(),
            Exit::Hangup(None) => self.report.exit = "hangup".into(),
            Exit::Hangup(Some(cause)) => self.report.exit = format!("hangup {}", cause.0),
            Exit::Goto(_) => {}
        }
        let variables = self.variables();
        self.report.code = self.shown(&self.code);
        self.report.script = self.memory.script().name.clone();
        self.report.left = Some(self.channel.leave(&variables, &exit).await);
        self.report
    }

    /// A text for people: masked where it repeats something sensitive, and not endless.
    fn shown(&self, text: &str) -> String {
        let shown = if self.memory.gives_away(text) { MASK } else { text };
        shown.chars().take(MOST_SHOWN).collect()
    }

    /// The standard variables; the outcome is the last, so that who sees it sees all.
    fn variables(&self) -> [(&'static str, String); 6] {
        let input = self.memory.input();
        let input = if input.sensitive { String::new() } else { input.text.into_owned() };
        let status = self.report.http_status.map(|status| status.to_string());
        [
            ("DIALSCRIPT_SCRIPT", self.memory.script().name.clone()),
            ("DIALSCRIPT_INPUT", input),
            ("DIALSCRIPT_CODE", self.code.clone()),
            ("DIALSCRIPT_HTTP_STATUS", status.unwrap_or_default()),
            ("DIALSCRIPT_CACHE", self.report.cache.as_str().to_owned()),
            ("DIALSCRIPT_OUTCOME", self.report.outcome.as_str().to_owned()),
        ]
    }
}

/// Most characters of a web application's value in a log line.
const MOST_SHOWN: usize = 64;
