//! Calls without a telephone: the real server in this process, and a fake switch that calls it.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use ipnet::{IpNet, Ipv4Net};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tracing::warn;

use crate::cli::serve::LAST_REQUESTS_TIMEOUT;
use crate::cli::simulated_voice::{SimulatedVoice, SimulationOptions};
use crate::cli::simulated_web::SimulatedWeb;
use crate::config::Config;
use crate::fake::destinations::FakeDestinations;
use crate::fake::phone::{Continuation, Phone};
use crate::fake::sound::FakeSounds;
use crate::fake::{asterisk, freeswitch};
use crate::server::{CallContext, CallServer, StopRequests, SwitchListener};
use crate::telemetry::Switch;
use crate::trigger::HttpTriggerClient;
use crate::voice::VoiceEngines;

/// A call as a switch receives it.
pub(super) enum SimulatedCall {
    Asterisk(asterisk::FakeAsteriskCall),
    FreeSwitch(freeswitch::FakeFreeSwitchCall),
}

/// The result of a call, as the dialplan sees it.
pub(super) struct SimulationResult {
    /// `DIALSCRIPT_OUTCOME`; empty if no script ran.
    pub(super) outcome: String,
    /// `AGISTATUS`, on Asterisk.
    pub(super) agi_status: Option<&'static str>,
    pub(super) continuation: Continuation,
}

/// The timeout for connecting, as in Asterisk (`MAX_AGI_CONNECT` in `res_agi.c`).
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// A call server on a loopback port, for this process only.
pub struct Simulation {
    pub address: SocketAddr,
    server: Arc<CallServer<SimulatedWeb, SimulatedVoice<VoiceEngines>>>,
    stop: StopRequests,
    server_task: JoinHandle<()>,
}

impl Simulation {
    /// Serves the scripts of a configuration to a switch of this kind. The configured listeners are not opened.
    ///
    /// # Errors
    ///
    /// If the system has no free port or no random numbers.
    pub async fn start(
        config: &Config,
        switch: Switch,
        options: SimulationOptions,
    ) -> io::Result<Self> {
        let triggers =
            HttpTriggerClient::new(config.daemon.trigger.clone()).map_err(io::Error::other)?;
        let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let allow = vec![IpNet::V4(Ipv4Net::from(Ipv4Addr::LOCALHOST))];
        let listener = SwitchListener::bind(switch, any_port, allow)?;
        let address = listener.local_addr()?;
        if options.engines {
            let uncreated = config.create_folders().into_iter();
            uncreated.for_each(|reason| warn!(reason, "can't create a folder"));
        }
        let engines = VoiceEngines::new(config.daemon.voice.clone(), triggers.client(), None);
        let triggers = Arc::new(SimulatedWeb::new(triggers, options.answers.clone()));
        let voice = Arc::new(SimulatedVoice::new(engines, options));
        let (limits, library) = (config.daemon.limits.clone(), config.library.clone());
        let server = CallServer::new(CallContext { limits, library, triggers, voice }, None);
        let stop = StopRequests::default();
        let server_task = tokio::spawn({
            let (server, stop) = (server.clone(), stop.clone());
            async move { server.serve(vec![listener], &stop).await }
        });
        Ok(Self { address, server, stop, server_task })
    }

    /// Stops the server. Calls, requests and sounds in progress are completed, or aborted after their timeouts.
    pub async fn stop(self) {
        self.stop.stop.cancel();
        // An error means that the server task panicked, so it has stopped as well.
        drop(self.server_task.await);
        let (web, voice) = (self.server.triggers(), self.server.voice());
        let (triggers, engines) = (web.http(), voice.engines());
        let pending_work =
            async { tokio::join!(triggers.close_and_wait(), engines.close_and_wait()) };
        drop(timeout(LAST_REQUESTS_TIMEOUT, pending_work).await);
        triggers.abort_background().await;
        engines.abort().await;
    }
}

/// Runs a call against a server.
///
/// # Errors
///
/// If the server can't be reached. In that case the dialplan continues at once, on Asterisk with `AGISTATUS=FAILURE`.
pub(super) async fn place_call(
    server: &str,
    call: &SimulatedCall,
    destinations: FakeDestinations,
    phone: Phone,
) -> io::Result<SimulationResult> {
    let stream = timeout(CONNECT_TIMEOUT, TcpStream::connect(server)).await??;
    stream.set_nodelay(true)?;
    let sounds = FakeSounds::default();
    Ok(match call {
        SimulatedCall::Asterisk(call) => {
            asterisk::run_agi(stream, server, call, destinations, sounds, phone).await.into()
        }
        SimulatedCall::FreeSwitch(call) => {
            freeswitch::run_socket(stream, server, call, destinations, sounds, phone).await.into()
        }
    })
}

impl From<asterisk::FakeAsteriskResult> for SimulationResult {
    fn from(mut result: asterisk::FakeAsteriskResult) -> Self {
        let outcome = result.variables.remove("DIALSCRIPT_OUTCOME").unwrap_or_default();
        Self {
            outcome,
            agi_status: Some(result.status.as_str()),
            continuation: result.continuation,
        }
    }
}

impl From<freeswitch::FakeFreeSwitchResult> for SimulationResult {
    /// FreeSWITCH sets no variables after a hang-up: a call without an outcome was hung up while the script ran.
    fn from(mut result: freeswitch::FakeFreeSwitchResult) -> Self {
        let outcome = result.variables.remove("dialscript_outcome");
        let hung_up =
            (result.continuation == Continuation::HangupHandler).then(|| "hangup".to_owned());
        let outcome = outcome.or(hung_up).unwrap_or_default();
        Self { outcome, agi_status: None, continuation: result.continuation }
    }
}
