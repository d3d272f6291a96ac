//! Connections from switches. Each one is a call, which is served or refused.

use std::net::IpAddr;
use std::sync::Arc;

use tokio::net::TcpStream;

use super::call::{serve_asterisk, serve_freeswitch};
use super::state::ServerState;
use crate::listener::{ConnectionHandler, ConnectionPermit, NetworkListener, Refusal};
use crate::script::request::TriggerClient;
use crate::script::voice::VoiceService;
use crate::telemetry::Switch;
use crate::telemetry::refused_calls::CallRefusal;

/// Serves and refuses the connections of one listener for switches.
pub(super) struct SwitchHandler<T, V> {
    state: Arc<ServerState<T, V>>,
    switch: Switch,
}

impl<T, V> SwitchHandler<T, V> {
    pub(super) fn new(state: Arc<ServerState<T, V>>, switch: Switch) -> Self {
        Self { state, switch }
    }
}

impl<T, V> ConnectionHandler<NetworkListener> for SwitchHandler<T, V>
where
    T: TriggerClient + 'static,
    V: VoiceService + 'static,
{
    fn serve(&mut self, stream: TcpStream, peer: IpAddr, permit: ConnectionPermit) {
        let (state, tasks) = (self.state.clone(), &self.state.tasks);
        // A task for each kind of switch: a task of both would be as large as the larger one.
        match self.switch {
            Switch::Asterisk => tasks.spawn(async move {
                serve_asterisk(&state, stream, peer).await;
                drop(permit);
            }),
            Switch::FreeSwitch => tasks.spawn(async move {
                serve_freeswitch(&state, stream, peer).await;
                drop(permit);
            }),
        };
    }

    fn refuse(&mut self, stream: TcpStream, refusal: Refusal) {
        let refuser = &self.state.refuser;
        let reason = match refusal {
            Refusal::NotAllowed(_) => CallRefusal::NotAllowed,
            Refusal::LimitReached(_) => CallRefusal::Limit,
            Refusal::Stopping => CallRefusal::Stopping,
        };
        self.state.refused_calls.increment(self.switch, reason);
        match refusal {
            Refusal::NotAllowed(_) => refuser.refuse_denied_peer(self.switch, stream),
            Refusal::LimitReached(_) | Refusal::Stopping => {
                refuser.refuse_call(self.switch, stream);
            }
        }
    }
}
