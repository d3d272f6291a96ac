//! One call, from its connection to its line in the log.

use std::net::IpAddr;
use std::sync::Arc;

use tokio::net::TcpStream;
use tokio::time::Instant;
use tracing::{Instrument, info_span, warn};

use super::{Server, listen};
use crate::agi::channel::AgiChannel;
use crate::agi::environment::{Environment, ScriptCall};
use crate::agi::link as agi;
use crate::channel::{Bounds, Channel};
use crate::esl::channel::EslChannel;
use crate::esl::channel_data::ChannelData;
use crate::esl::link as esl;
use crate::script::definition::{Library, Script};
use crate::script::memory::Arguments;
use crate::script::request::Triggers;
use crate::script::run::run;
use crate::script::voice::Voice;
use crate::telemetry::{CallEnded, Switch};

/// Serves a call of an Asterisk.
pub async fn asterisk<T: Triggers + 'static, V: Voice + 'static>(
    server: &Arc<Server<T, V>>,
    stream: TcpStream,
    peer: IpAddr,
) {
    let begun = Begun::now(server, Switch::Asterisk);
    let bounds = begun.bounds();
    let opened = agi::open(stream, bounds, server.limits.first_words).await;
    let (link, environment) = match opened {
        Ok(opened) => opened,
        Err(reason) => return warn!(%peer, %reason, "no call"),
    };
    let asked = environment.script();
    let Some(script) = begun.script(&asked.name) else {
        let call_id = environment.uniqueid().unwrap_or_default();
        warn!(%peer, ?call_id, script = ?asked.name, "refused: there is no such script");
        return listen::turn_away(server, Switch::Asterisk, link.into_stream());
    };
    let channel = AgiChannel::new(link, &environment);
    begun.run(channel, script, agi_arguments(asked, environment)).await;
}

/// Serves a call of a FreeSWITCH.
pub async fn freeswitch<T: Triggers + 'static, V: Voice + 'static>(
    server: &Arc<Server<T, V>>,
    stream: TcpStream,
    peer: IpAddr,
) {
    let begun = Begun::now(server, Switch::FreeSwitch);
    let bounds = begun.bounds();
    let opened = esl::open(stream, bounds, server.limits.first_words).await;
    let (link, data) = match opened {
        Ok(opened) => opened,
        Err(reason) => return warn!(%peer, %reason, "no call"),
    };
    let call_id = data.unique_id().unwrap_or_default();
    let name = data.script_name().unwrap_or_default();
    let Some(script) = begun.script(&name) else {
        warn!(%peer, ?call_id, script = ?name, "refused: there is no such script");
        return link.let_go(&data).await;
    };
    if !link.is_async() {
        warn!(
            ?call_id,
            "the `socket` line lacks `async`: no question can be asked, no music heard"
        );
    }
    let arguments = esl_arguments(&data);
    begun.run(EslChannel::new(link, data), script, arguments).await;
}

/// A call that has begun, with the scripts of that moment.
struct Begun<'a, T, V> {
    server: &'a Server<T, V>,
    switch: Switch,
    library: Arc<Library>,
    at: Instant,
}

impl<'a, T: Triggers + 'static, V: Voice + 'static> Begun<'a, T, V> {
    fn now(server: &'a Server<T, V>, switch: Switch) -> Self {
        Self { server, switch, library: server.library(), at: Instant::now() }
    }

    fn bounds(&self) -> Bounds {
        let ends = self.at + self.server.limits.longest_call;
        Bounds { stop: self.server.stop.clone(), ends }
    }

    fn script(&self, name: &str) -> Option<Arc<Script>> {
        self.library.scripts.get(name).cloned()
    }

    async fn run(self, channel: impl Channel, script: Arc<Script>, arguments: Arguments) {
        let caller = channel.caller().clone();
        let span = info_span!("call", call_id = caller.call_id, script = script.name);
        let services = (self.server.triggers(), self.server.voice());
        let call = run(channel, &self.library, services, script, arguments);
        let report = call.instrument(span).await;
        let (switch, took) = (self.switch, self.at.elapsed());
        CallEnded { switch, call_id: &caller.call_id, took, report }.tell(self.server.ended());
    }
}

/// Those of the URL's query by their names, those behind the URL by their numbers.
fn agi_arguments(asked: ScriptCall, environment: Environment) -> Arguments {
    let numbered = environment.arguments();
    let numbered = numbered.map(|(number, value)| (number.to_string(), value.into_owned()));
    asked.arguments.into_iter().chain(numbered).collect()
}

fn esl_arguments(data: &ChannelData) -> Arguments {
    data.arguments().map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}
