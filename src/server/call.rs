//! One call, from its connection to its line in the log.

use std::net::IpAddr;
use std::sync::Arc;

use tokio::net::TcpStream;
use tokio::time::Instant;
use tracing::{Instrument, info_span, warn};

use super::active_calls::{ActiveCall, ListedCall};
use super::state::{CallContext, ServerState};
use crate::agi::channel::AgiChannel;
use crate::agi::connection as agi;
use crate::agi::environment::{AgiEnvironment, AgiScriptRequest};
use crate::agi::peers::AgiPeer;
use crate::channel::{CallLimits, Channel, Interruption};
use crate::esl::channel::EslChannel;
use crate::esl::channel_data::ChannelData;
use crate::esl::connection as esl;
use crate::script::call_state::ScriptArguments;
use crate::script::definition::{ExcludedScript, Script};
use crate::script::observed_channel::ObservedChannel;
use crate::script::request::TriggerClient;
use crate::script::run::run;
use crate::script::voice::VoiceService;
use crate::telemetry::call_span::end_call_span;
use crate::telemetry::refused_calls::CallRefusal;
use crate::telemetry::{CallEnded, Switch};
use crate::trace::TraceContext;

/// Serves a call from Asterisk.
pub(super) async fn serve_asterisk<T: TriggerClient, V: VoiceService>(
    server: &ServerState<T, V>,
    stream: TcpStream,
    peer: IpAddr,
) {
    let call = AcceptedCall::new(server, Switch::Asterisk, peer);
    let opened = agi::open(stream, call.limits(), call.context.limits.handshake_timeout).await;
    let (connection, environment) = match opened {
        Ok(opened) => opened,
        Err(error) => return call.refuse_handshake(peer, &error),
    };
    let request = environment.script_request();
    let Some(script) = call.find_script(&request.name) else {
        let call_id = environment.uniqueid().unwrap_or_default();
        call.log_refusal(peer, &call_id, &request.name);
        return server.refuser.refuse_call(Switch::Asterisk, connection.into_stream());
    };
    let peer = AgiPeer::new(server.agi_peers.clone(), peer, &environment);
    let channel = AgiChannel::new(connection, &environment, peer);
    call.run(channel, script, agi_arguments(request, environment)).await;
}

/// Serves a call from FreeSWITCH.
pub(super) async fn serve_freeswitch<T: TriggerClient, V: VoiceService>(
    server: &ServerState<T, V>,
    stream: TcpStream,
    peer: IpAddr,
) {
    let call = AcceptedCall::new(server, Switch::FreeSwitch, peer);
    let opened = esl::open(stream, call.limits(), call.context.limits.handshake_timeout).await;
    let (connection, data) = match opened {
        Ok(opened) => opened,
        Err(error) => return call.refuse_handshake(peer, &error),
    };
    let call_id = data.unique_id().unwrap_or_default();
    let name = data.script_name().unwrap_or_default();
    let Some(script) = call.find_script(&name) else {
        call.log_refusal(peer, &call_id, &name);
        return Box::pin(connection.release(&data)).await;
    };
    if !connection.is_async() {
        warn!(
            %call_id,
            "the `socket` application was called without `async`: input and music on hold do not work"
        );
    }
    let arguments = esl_arguments(&data);
    call.run(EslChannel::new(connection, data), script, arguments).await;
}

/// A call that was accepted, with the scripts and settings that were loaded then.
struct AcceptedCall<'a, T, V> {
    server: &'a ServerState<T, V>,
    switch: Switch,
    context: Arc<CallContext<T, V>>,
    started_at: Instant,
    listed: ListedCall<'a>,
}

impl<'a, T: TriggerClient, V: VoiceService> AcceptedCall<'a, T, V> {
    fn new(server: &'a ServerState<T, V>, switch: Switch, peer: IpAddr) -> Self {
        let started_at = Instant::now();
        let listed = server.active_calls.add(ActiveCall::new(switch, peer, started_at));
        Self { server, switch, context: server.context(), started_at, listed }
    }

    fn limits(&self) -> CallLimits {
        let ends_at = self.started_at + self.context.limits.longest_call;
        CallLimits { stop: self.server.force_stop.clone(), ends_at }
    }

    /// The script with this name. Without it, the call counts as refused.
    fn find_script(&self, name: &str) -> Option<Arc<Script>> {
        let script = self.context.library.scripts.get(name).cloned();
        if script.is_none() {
            self.count_refusal(match self.context.library.excluded.contains_key(name) {
                true => CallRefusal::ExcludedScript,
                false => CallRefusal::UnknownScript,
            });
        }
        script
    }

    fn refuse_handshake(&self, peer: IpAddr, error: &Interruption) {
        self.count_refusal(CallRefusal::Handshake);
        self.server.handshake_failures.log(peer, error);
    }

    fn count_refusal(&self, reason: CallRefusal) {
        self.server.refused_calls.increment(self.switch, reason);
    }

    fn log_refusal(&self, peer: IpAddr, call_id: &str, script: &str) {
        match self.context.library.excluded.get(script) {
            Some(ExcludedScript { reason }) => {
                warn!(%peer, %call_id, script = %script, reason, "refused: the script is excluded");
            }
            None => warn!(%peer, %call_id, script = %script, "refused: no such script"),
        }
    }

    /// Runs the call to its end, and writes its line of the log. Not an `async fn`: its future would hold the channel
    /// besides the box.
    fn run<'s>(
        &'s self,
        channel: impl Channel + 's,
        script: Arc<Script>,
        arguments: ScriptArguments,
    ) -> impl Future<Output = ()> + Send + 's {
        let caller = channel.caller().clone();
        let span = info_span!("call", call_id = caller.call_id, script = script.name);
        let CallContext { library, triggers, voice, .. } = &*self.context;
        let (services, progress) = ((&**triggers, &**voice), &self.listed.call.progress);
        let trace = TraceContext::for_call(self.server.spans.as_ref());
        let (trace_id, call_span) = (trace.trace_id(), trace.call_span(self.started_at));
        let channel = ObservedChannel::new(channel, progress);
        let call = run(channel, library, services, script, arguments, trace, progress);
        // In a box, because a task is moved several times when it is spawned.
        let call = Box::pin(call.instrument(span));
        async move {
            let report = call.await;
            let (switch, duration) = (self.switch, self.started_at.elapsed());
            let ended =
                CallEnded { switch, call_id: &caller.call_id, duration, trace: trace_id, report };
            ended.record(&self.server.call_counts, &self.server.call_times);
            end_call_span(call_span, &ended);
        }
    }
}

/// The arguments in the query of the URL, by name, and then those of the application `AGI`, by number.
fn agi_arguments(request: AgiScriptRequest, environment: AgiEnvironment) -> ScriptArguments {
    let numbered = environment.arguments();
    let numbered = numbered.map(|(number, value)| (number.to_string(), value.into_owned()));
    request.arguments.into_iter().chain(numbered).collect()
}

fn esl_arguments(data: &ChannelData) -> ScriptArguments {
    data.arguments().map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}
