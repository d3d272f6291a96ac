//! One call, from its connection to its line in the log.

use std::net::IpAddr;
use std::sync::Arc;

use tokio::net::TcpStream;
use tokio::time::Instant;
use tracing::{Instrument, info_span, warn};

use super::{CallServer, listen};
use crate::agi::channel::AgiChannel;
use crate::agi::connection as agi;
use crate::agi::environment::{AgiEnvironment, AgiScriptRequest};
use crate::channel::{CallLimits, Channel};
use crate::esl::channel::EslChannel;
use crate::esl::channel_data::ChannelData;
use crate::esl::connection as esl;
use crate::script::call_state::ScriptArguments;
use crate::script::definition::{Script, ScriptLibrary};
use crate::script::request::TriggerClient;
use crate::script::run::run;
use crate::script::voice::VoiceService;
use crate::telemetry::{CallEnded, Switch};

/// Serves a call of an Asterisk.
pub async fn serve_asterisk<T: TriggerClient + 'static, V: VoiceService + 'static>(
    server: &Arc<CallServer<T, V>>,
    stream: TcpStream,
    peer: IpAddr,
) {
    let begun = AcceptedCall::new(server, Switch::Asterisk);
    let bounds = begun.call_bounds();
    let opened = agi::open(stream, bounds, server.limits.handshake_timeout).await;
    let (link, environment) = match opened {
        Ok(opened) => opened,
        Err(reason) => return warn!(%peer, %reason, "no call"),
    };
    let asked = environment.script_request();
    let Some(script) = begun.find_script(&asked.name) else {
        let call_id = environment.uniqueid().unwrap_or_default();
        warn!(%peer, ?call_id, script = ?asked.name, "refused: there is no such script");
        return listen::refuse_call(server, Switch::Asterisk, link.into_stream());
    };
    let channel = AgiChannel::new(link, &environment);
    begun.run(channel, script, agi_arguments(asked, environment)).await;
}

/// Serves a call of a FreeSWITCH.
pub async fn serve_freeswitch<T: TriggerClient + 'static, V: VoiceService + 'static>(
    server: &Arc<CallServer<T, V>>,
    stream: TcpStream,
    peer: IpAddr,
) {
    let begun = AcceptedCall::new(server, Switch::FreeSwitch);
    let bounds = begun.call_bounds();
    let opened = esl::open(stream, bounds, server.limits.handshake_timeout).await;
    let (link, data) = match opened {
        Ok(opened) => opened,
        Err(reason) => return warn!(%peer, %reason, "no call"),
    };
    let call_id = data.unique_id().unwrap_or_default();
    let name = data.script_name().unwrap_or_default();
    let Some(script) = begun.find_script(&name) else {
        warn!(%peer, ?call_id, script = ?name, "refused: there is no such script");
        return link.release(&data).await;
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
struct AcceptedCall<'a, T, V> {
    server: &'a CallServer<T, V>,
    switch: Switch,
    library: Arc<ScriptLibrary>,
    started_at: Instant,
}

impl<'a, T: TriggerClient + 'static, V: VoiceService + 'static> AcceptedCall<'a, T, V> {
    fn new(server: &'a CallServer<T, V>, switch: Switch) -> Self {
        Self { server, switch, library: server.library(), started_at: Instant::now() }
    }

    fn call_bounds(&self) -> CallLimits {
        let ends = self.started_at + self.server.limits.longest_call;
        CallLimits { stop: self.server.force_stop.clone(), ends_at: ends }
    }

    fn find_script(&self, name: &str) -> Option<Arc<Script>> {
        self.library.scripts.get(name).cloned()
    }

    async fn run(self, channel: impl Channel, script: Arc<Script>, arguments: ScriptArguments) {
        let caller = channel.caller().clone();
        let span = info_span!("call", call_id = caller.call_id, script = script.name);
        let services = (self.server.triggers(), self.server.voice());
        let call = run(channel, &self.library, services, script, arguments);
        let report = call.instrument(span).await;
        let (switch, took) = (self.switch, self.started_at.elapsed());
        CallEnded { switch, call_id: &caller.call_id, duration: took, report }
            .record(self.server.call_counts());
    }
}

/// Those of the URL's query by their names, those behind the URL by their numbers.
fn agi_arguments(asked: AgiScriptRequest, environment: AgiEnvironment) -> ScriptArguments {
    let numbered = environment.arguments();
    let numbered = numbered.map(|(number, value)| (number.to_string(), value.into_owned()));
    asked.arguments.into_iter().chain(numbered).collect()
}

fn esl_arguments(data: &ChannelData) -> ScriptArguments {
    data.arguments().map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}
