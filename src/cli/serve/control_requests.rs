//! Answers the requests of the control socket: those about the daemon, and through [`handler`] those about its response
//! cache.

use std::sync::Arc;

use super::active_calls::describe_calls;
use super::daemon_status::{DaemonFacts, describe_daemon};
use super::reload::Reloader;
use super::reload_result::reload_replies;
use crate::control::handler;
use crate::control::protocol::{ControlReply, ControlRequest};
use crate::server::CallServer;
use crate::trigger::HttpTriggerClient;
use crate::voice::VoiceEngines;

pub(super) type DaemonServer = Arc<CallServer<HttpTriggerClient, VoiceEngines>>;

/// What the requests of the control socket can see and change.
#[derive(Clone)]
pub(super) struct ControlRequests {
    pub(super) server: DaemonServer,
    pub(super) facts: DaemonFacts,
    pub(super) reloader: Arc<Reloader>,
}

impl ControlRequests {
    /// Carries out a request and returns the lines of the reply.
    pub(super) async fn answer(&self, request: ControlRequest) -> Vec<ControlReply> {
        let server = &self.server;
        match &request {
            ControlRequest::Status {} => describe_daemon(server, &self.facts),
            ControlRequest::Calls { script, reveal } => {
                describe_calls(server.list_active_calls(), script.as_deref(), *reveal)
            }
            ControlRequest::Reload {} => reload_replies(self.reloader.reload().await),
            ControlRequest::List { .. }
            | ControlRequest::Explain { .. }
            | ControlRequest::Purge(_) => {
                handler::handle_request(&request, &server.triggers(), &server.library()).await
            }
        }
    }
}
