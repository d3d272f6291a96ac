//! Answers the requests of the control socket: those about the daemon, and through [`handler`] those about its response
//! cache.

use std::sync::Arc;

use tokio::time::Instant;

use super::active_calls::describe_calls;
use super::daemon_status::describe_daemon;
use crate::control::handler;
use crate::control::protocol::{ControlReply, ControlRequest, ListenerStatus};
use crate::server::CallServer;
use crate::telemetry::LostLogLines;
use crate::trigger::HttpTriggerClient;
use crate::voice::VoiceEngines;

pub(super) type DaemonServer = Arc<CallServer<HttpTriggerClient, VoiceEngines>>;

/// What the requests of the control socket can see and change.
#[derive(Clone)]
pub(super) struct ControlRequests {
    pub(super) server: DaemonServer,
    pub(super) started_at: Instant,
    pub(super) listeners: Arc<[ListenerStatus]>,
    pub(super) lost_lines: LostLogLines,
}

impl ControlRequests {
    /// Carries out a request and returns the lines of the reply.
    pub(super) async fn answer(&self, request: ControlRequest) -> Vec<ControlReply> {
        let server = &self.server;
        match &request {
            ControlRequest::Status {} => describe_daemon(self),
            ControlRequest::Calls { script, reveal } => {
                describe_calls(server, script.as_deref(), *reveal)
            }
            ControlRequest::List { .. }
            | ControlRequest::Explain { .. }
            | ControlRequest::Purge(_) => {
                handler::handle_request(&request, server.triggers(), &server.library()).await
            }
        }
    }
}
