//! The connection of one call: commands, what they start, and what comes unasked.

use std::borrow::Cow;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, timeout};
use tokio_util::codec::Framed;

use super::channel_data::{ChannelData, Control, SocketMode};
use super::codec::{Codec, Message};
use super::command::{Command, EventLock, EventUuid, EventUuids};
use super::event::{Event, Kind};
use super::execution::{End, Executions, Meaning};
use super::quote::Unsendable;
use crate::channel::digits::Collector;
use crate::channel::watch::Watch;
use crate::channel::{Bounds, Interrupted};

/// For an application that does what it does at once. FreeSWITCH takes one each 20 ms frame.
pub(super) const REPLY_TIME: Duration = Duration::from_secs(10);
/// Beyond what an application was given to last.
pub(super) const MARGIN: Duration = Duration::from_secs(10);
/// For all that is said when the call is handed over.
pub(super) const LEAVE_TIME: Duration = Duration::from_secs(5);
/// For FreeSWITCH's goodbye.
const GOODBYE_TIME: Duration = Duration::from_secs(2);
/// Events that are listened to where `full` allows the choice; `myevents` would bring 20 kinds more, of 7 kB each.
const EVENTS: [&str; 4] =
    ["CHANNEL_EXECUTE_COMPLETE", "CHANNEL_HANGUP", "CHANNEL_HANGUP_COMPLETE", "DTMF"];
/// A variable of dialplans that strands a call in CS_RESET when we close, if it is transferred or its `socket` line
/// lacks `async` (`listener_run`, `socket_function`).
pub(super) const RESUME: &str = "socket_resume";
/// The reply to `connect` is of 4 to 8 kB.
const READ_BUFFER: usize = 8 * 1024;

/// A connection whose channel is known.
pub struct Link<S> {
    wire: Framed<S, Codec>,
    watch: Watch,
    executions: Executions,
    uuids: EventUuids,
    mode: SocketMode,
    /// The call has ended, or our hold on it.
    pub(super) caller_gone: bool,
}

/// What came.
#[derive(Debug)]
pub(super) enum News {
    /// An application has ended.
    Ended { execution: EventUuid, completion: Completion },
    /// A key was taken off the channel.
    Key(char),
    /// Something that changes nothing for us.
    Nothing,
}

/// What an application says of itself when it has ended: its event, where there is one.
#[derive(Debug, Default)]
pub(super) struct Completion(Option<Event>);

impl Completion {
    fn of(message: &Message) -> Self {
        match message {
            Message::Event(event) => Self(Some(event.clone())),
            _ => Self::default(),
        }
    }

    /// `Application-Response`; empty where there is none. Only some applications give one.
    pub(super) fn response(&self) -> Cow<'_, str> {
        self.0.as_ref().and_then(Event::application_response).unwrap_or_default()
    }

    /// A channel variable, as it was then.
    pub(super) fn variable(&self, name: &str) -> Option<Cow<'_, str>> {
        self.0.as_ref()?.variable(name)
    }
}

/// How the wait for an application ended.
#[derive(Debug)]
pub(super) enum Followed {
    /// With it.
    Ended(Completion),
    /// With a key after which it need not go on.
    Key,
    /// With the time.
    Late,
}

/// Takes a connection over: asks whom it is about, within `time`, and asks for its events.
///
/// # Errors
///
/// When FreeSWITCH does not say: the connection is of no use.
pub async fn open<S: AsyncRead + AsyncWrite + Unpin + Send>(
    stream: S,
    bounds: Bounds,
    time: Duration,
) -> Result<(Link<S>, ChannelData), Interrupted> {
    let mut wire = Framed::with_capacity(stream, Codec::default(), READ_BUFFER);
    let connect = Command::connect();
    let connected = async {
        wire.send(&connect).await?;
        wire.next().await.transpose()
    };
    let data = match timeout(time, connected).await {
        Ok(Ok(Some(Message::Connected(data)))) => data,
        Ok(Ok(Some(_))) => return Err(lost("no channel data came")),
        Ok(Ok(None)) => return Err(lost("the connection ended before the channel data")),
        Ok(Err(error)) => return Err(lost(error)),
        Err(_) => return Err(lost(format!("no channel data within {time:?}"))),
    };
    let unique_id = data.unique_id().unwrap_or_default().into_owned();
    let mode = data.socket_mode();
    let executions = Executions::new(&*unique_id, mode);
    let uuids = EventUuids::default();
    let watch = Watch::new(bounds);
    let mut link = Link { wire, watch, executions, uuids, mode, caller_gone: false };
    match link.subscribe(&unique_id, data.control()).await {
        Ok(()) => Ok((link, data)),
        Err(interrupted) => {
            link.let_go(&data).await;
            Err(interrupted)
        }
    }
}

/// Lets a call go that is not served, in as many words as one that is: see [`Link::let_go`].
pub async fn refuse<S: AsyncRead + AsyncWrite + Unpin + Send>(stream: S, time: Duration) {
    if let Ok((link, data)) = open(stream, Bounds::only(time), time).await {
        link.let_go(&data).await;
    }
}

pub(super) fn lost(reason: impl ToString) -> Interrupted {
    Interrupted::SwitchLost(reason.to_string())
}

impl From<Unsendable> for Interrupted {
    fn from(unsendable: Unsendable) -> Self {
        Self::Refused(unsendable.to_string())
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Link<S> {
    /// The filter goes first: without it the events of everybody's calls would come. A profile with
    /// `inbound-use-callid-as-uuid` lets the caller choose the identifier; one that a filter would read something into
    /// is not put into one.
    async fn subscribe(&mut self, unique_id: &str, control: Control) -> Result<(), Interrupted> {
        let filter = Command::filter_unique_id(unique_id);
        match (control, filter) {
            (Control::Full, Ok(filter)) => {
                self.send(&[filter, Command::event_plain(&EVENTS)]).await
            }
            _ => self.send(&[Command::my_events()]).await,
        }
    }

    /// Whether applications run beside our commands: with a `socket` line without `async` they do not.
    pub fn is_async(&self) -> bool {
        self.mode == SocketMode::Async
    }

    /// All of them in one write.
    pub(super) async fn send(&mut self, commands: &[Command]) -> Result<(), Interrupted> {
        let due = Instant::now() + REPLY_TIME;
        for command in commands {
            tokio::select! {
                biased;
                fed = self.wire.feed(command) => fed.map_err(lost)?,
                over = self.watch.over(due) => return over.and(Err(lost(DEAF))),
            }
            self.executions.sent(command);
        }
        tokio::select! {
            biased;
            flushed = self.wire.flush() => flushed.map_err(lost),
            over = self.watch.over(due) => over.and(Err(lost(DEAF))),
        }
    }

    /// An application, ready to be sent, and the name of this run of it.
    pub(super) fn execute(
        &mut self,
        application: &'static str,
        argument: &str,
    ) -> Result<(Command, EventUuid), Interrupted> {
        let execution = self.uuids.make();
        let command = Command::execute(application, argument, execution, EventLock::Nested)?;
        Ok((command, execution))
    }

    /// An application that takes no time, from its start to its end.
    pub(super) async fn run(
        &mut self,
        application: &'static str,
        argument: &str,
    ) -> Result<(), Interrupted> {
        self.run_while_keys(application, argument, None).await
    }

    /// The same; keys that come meanwhile are for `collector`.
    pub(super) async fn run_while_keys(
        &mut self,
        application: &'static str,
        argument: &str,
        collector: Option<&mut Collector<'_>>,
    ) -> Result<(), Interrupted> {
        self.alive()?;
        let (command, execution) = self.execute(application, argument)?;
        self.send(&[command]).await?;
        self.ended(execution, REPLY_TIME, collector).await.map(drop)
    }

    /// The end of an application; keys that come meanwhile are for `collector`.
    pub(super) async fn ended(
        &mut self,
        execution: EventUuid,
        time: Duration,
        mut collector: Option<&mut Collector<'_>>,
    ) -> Result<Completion, Interrupted> {
        let due = Instant::now() + time;
        let key = |key| {
            if let Some(collector) = collector.as_mut() {
                collector.key(key, Instant::now());
            }
            false
        };
        match self.follow(execution, due, key).await? {
            Followed::Ended(completion) => Ok(completion),
            Followed::Key | Followed::Late => {
                Err(lost(format!("an application did not end within {time:?}")))
            }
        }
    }

    /// Waits until an application has ended, until `due`, or for a key of which `is_last` says that no more is needed.
    pub(super) async fn follow(
        &mut self,
        execution: EventUuid,
        due: Instant,
        mut is_last: impl FnMut(char) -> bool + Send,
    ) -> Result<Followed, Interrupted> {
        while self.executions.is_running(execution) {
            match self.next(due).await? {
                Some(News::Ended { execution: ended, completion }) if ended == execution => {
                    return Ok(Followed::Ended(completion));
                }
                Some(News::Key(key)) if is_last(key) => return Ok(Followed::Key),
                Some(_) => {}
                None => return Ok(Followed::Late),
            }
        }
        Ok(Followed::Ended(Completion::default()))
    }

    /// Ends a sound. `break` runs inside of it, which works without `full` too; where the sound has ended meanwhile it
    /// does nothing.
    pub(super) async fn break_off(
        &mut self,
        execution: EventUuid,
        collector: Option<&mut Collector<'_>>,
    ) -> Result<(), Interrupted> {
        if self.executions.is_running(execution) && self.is_async() {
            let (command, _) = self.execute("break", "")?;
            self.send(&[command]).await?;
        }
        self.ended(execution, REPLY_TIME, collector).await.map(drop)
    }

    /// Whether no application of ours runs.
    pub(super) fn is_quiet(&self) -> bool {
        self.executions.is_quiet()
    }

    /// What comes next, unless `due`, a stop, or the longest call comes first.
    pub(super) async fn next(&mut self, due: Instant) -> Result<Option<News>, Interrupted> {
        let message = tokio::select! {
            biased;
            message = self.wire.next() => message,
            over = self.watch.over(due) => return over.map(|()| None),
        };
        match message {
            Some(Ok(message)) => self.hear(&message).map(Some),
            Some(Err(error)) => Err(lost(error)),
            None if self.caller_gone => Err(Interrupted::caller_left()),
            None => Err(lost("the connection ended")),
        }
    }

    fn hear(&mut self, message: &Message) -> Result<News, Interrupted> {
        match (self.executions.hear(message), message) {
            (Meaning::Gone(_), _) => {
                self.caller_gone = true;
                Err(Interrupted::caller_left())
            }
            (Meaning::Unasked, _) => Err(lost("a reply to no command")),
            (Meaning::Ended(_, End::Refused), _) => Err(refused()),
            (_, Message::Reply(reply)) if !reply.ok => Err(refused()),
            (Meaning::Ended(execution, _), message) => {
                Ok(News::Ended { execution, completion: Completion::of(message) })
            }
            (_, Message::Event(event)) => Ok(key(event).map_or(News::Nothing, News::Key)),
            _ => Ok(News::Nothing),
        }
    }

    /// Keys for `collector` until one ends the prompt.
    pub(super) async fn quiet(
        &mut self,
        mut collector: Option<&mut Collector<'_>>,
    ) -> Result<(), Interrupted> {
        loop {
            let far = Instant::now() + self.rest();
            if let (Some(News::Key(key)), Some(collector)) = (self.next(far).await?, &mut collector)
            {
                collector.key(key, Instant::now());
                if collector.ends_prompt() {
                    return Ok(());
                }
            }
        }
    }

    /// Keys for `collector` until a time.
    pub(super) async fn quiet_until(
        &mut self,
        until: Instant,
        mut collector: Option<&mut Collector<'_>>,
    ) -> Result<(), Interrupted> {
        while let Some(news) = self.next(until).await? {
            if let (News::Key(key), Some(collector)) = (news, &mut collector) {
                collector.key(key, Instant::now());
            }
        }
        Ok(())
    }

    /// What needs a call is not even sent when there is none.
    pub(super) fn alive(&self) -> Result<(), Interrupted> {
        if self.caller_gone { Err(Interrupted::caller_left()) } else { Ok(()) }
    }

    /// A sound lasts as long as it lasts: only the longest call bounds it.
    pub(super) fn rest(&self) -> Duration {
        self.watch.rest() + MARGIN
    }

    /// From here on only `time` bounds the call: a stop, or the longest call, may be why it is handed over.
    pub(super) fn rebound(&mut self, time: Duration) {
        self.watch.rebound(time);
    }

    /// Gives back a call for which nothing was done.
    ///
    /// FreeSWITCH reads us in a thread of its own, and the call goes its way to `switch_ivr_park` meanwhile, which
    /// holds it until our connection has ended. One that ended before the call came there holds it for ever: `park` sets the
    /// flag that our end has cleared already. An application is run by `park`: where one has ended, the call is there.
    pub async fn let_go(mut self, data: &ChannelData) {
        self.rebound(LEAVE_TIME);
        // Why it did not run, if it did not, changes nothing: the connection ends either way.
        drop(self.run("eval", "").await);
        if !self.is_async() && data.variable(RESUME).is_some() {
            drop(self.run("unset", RESUME).await);
        }
        self.close().await;
    }

    /// Says goodbye, and waits for FreeSWITCH's: closing over unread bytes would reset the connection, and the commands
    /// before with it.
    pub async fn close(&mut self) {
        let goodbye = async {
            self.send(&[Command::exit()]).await?;
            while let Some(Ok(_)) = self.wire.next().await {}
            Ok::<_, Interrupted>(())
        };
        // Whether it comes is FreeSWITCH's affair: the connection ends either way.
        drop(timeout(GOODBYE_TIME, goodbye).await);
    }
}

const DEAF: &str = "the switch does not read what it is told";

fn refused() -> Interrupted {
    Interrupted::Refused("-ERR to a command".into())
}

fn key(event: &Event) -> Option<char> {
    (event.kind() == Kind::Dtmf).then(|| event.digit()).flatten()
}
