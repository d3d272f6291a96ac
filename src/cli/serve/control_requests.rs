//! Answers the requests of the control socket: those about the daemon, and through
//! [`handler`] those about its response cache.

use std::sync::Arc;

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
}

impl ControlRequests {
    /// Carries out a request and returns the lines of the reply.
    pub(super) async fn answer(&self, request: ControlRequest) -> Vec<ControlReply> {
        let server = &self.server;
        match &request {
            ControlRequest::Status {} | ControlRequest::Calls { .. } => {
                vec![ControlReply::Error("not supported".to_owned())]
            }
            ControlRequest::List { .. }
            | ControlRequest::Explain { .. }
            | ControlRequest::Purge(_) => {
                handler::handle_request(&request, server.triggers(), &server.library()).await
            }
        }
    }
}
