//! The real server in this process, on a loopback port of its own, for calls without a telephone.

use std::future::pending;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use ipnet::{IpNet, Ipv4Net};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::cli::serve::LAST_REQUESTS_TIMEOUT;
use crate::cli::simulated_voice::{SimulatedVoice, SimulationOptions};
use crate::config::Config;
use crate::fake::destinations::FakeDestinations;
use crate::fake::phone::{Continuation, Phone};
use crate::fake::sound::FakeSounds;
use crate::fake::{asterisk, freeswitch};
use crate::server::{CallServer, SwitchListener};
use crate::telemetry::Switch;
use crate::trigger::HttpTriggerClient;
use crate::voice::VoiceEngines;

/// A call as it reaches a switch.
pub enum SimulatedCall {
    /// An Asterisk.
    Asterisk(asterisk::FakeAsteriskCall),
    /// A FreeSWITCH.
    FreeSwitch(freeswitch::FakeFreeSwitchCall),
}

/// What the dialplan has after a call.
pub struct SimulationResult {
    /// The variable with the outcome; empty when there is none.
    pub outcome: String,
    /// `AGISTATUS`, where the switch has it.
    pub agi_status: Option<&'static str>,
    /// Where the dialplan goes on.
    pub continuation: Continuation,
}

/// For a connection, as Asterisk has it (`MAX_AGI_CONNECT`).
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// A server that serves this process alone.
pub struct Simulation {
    /// Where it listens.
    pub address: SocketAddr,
    server: Arc<CallServer<HttpTriggerClient, SimulatedVoice<VoiceEngines>>>,
    stop: CancellationToken,
    server_task: JoinHandle<()>,
}

impl Simulation {
    /// Serves a configuration's scripts to a switch of this kind. Its own listeners are not opened.
    ///
    /// # Errors
    ///
    /// When the system has no port or no random numbers.
    pub async fn start(
        config: &Config,
        switch: Switch,
        stage: SimulationOptions,
    ) -> io::Result<Self> {
        let triggers =
            HttpTriggerClient::new(config.daemon.trigger.clone()).map_err(io::Error::other)?;
        let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let allow = vec![IpNet::V4(Ipv4Net::from(Ipv4Addr::LOCALHOST))];
        let listener = SwitchListener::bind(switch, any_port, allow)?;
        let address = listener.local_addr()?;
        if stage.engines {
            let uncreated = config.create_folders().into_iter();
            uncreated.for_each(|reason| warn!(reason, "can't create a folder"));
        }
        let engines = VoiceEngines::new(config.daemon.voice.clone(), triggers.client(), None);
        let voice = SimulatedVoice::new(engines, stage);
        let server =
            CallServer::new(config.daemon.limits.clone(), config.library.clone(), triggers, voice);
        let stop = CancellationToken::new();
        let serving = tokio::spawn({
            let (server, stop) = (server.clone(), stop.clone());
            async move { server.serve(vec![listener], stop.cancelled(), pending()).await }
        });
        Ok(Self { address, server, stop, server_task: serving })
    }

    /// Lets calls and requests complete, and ends.
    pub async fn stop(self) {
        self.stop.cancel();
        // A server that panicked has ended as well.
        drop(self.server_task.await);
        let server = &self.server;
        let last = async {
            tokio::join!(
                server.triggers().close_and_wait(),
                server.voice().engines().close_and_wait()
            )
        };
        drop(timeout(LAST_REQUESTS_TIMEOUT, last).await);
        server.triggers().abort_background().await;
        server.voice().engines().abort().await;
    }
}

/// Plays a call to a server.
///
/// # Errors
///
/// When it can't be reached: then the dialplan goes on at once, on Asterisk with `AGISTATUS=FAILURE`.
pub async fn place_call(
    server: &str,
    call: &SimulatedCall,
    places: FakeDestinations,
    phone: Phone,
) -> io::Result<SimulationResult> {
    let stream = timeout(CONNECT_TIMEOUT, TcpStream::connect(server)).await??;
    stream.set_nodelay(true)?;
    let sounds = FakeSounds::default();
    Ok(match call {
        SimulatedCall::Asterisk(call) => {
            asterisk::run_agi(stream, server, call, places, sounds, phone).await.into()
        }
        SimulatedCall::FreeSwitch(call) => {
            freeswitch::run_socket(stream, server, call, places, sounds, phone).await.into()
        }
    })
}

impl From<asterisk::FakeAsteriskResult> for SimulationResult {
    fn from(mut ended: asterisk::FakeAsteriskResult) -> Self {
        let outcome = ended.variables.remove("DIALSCRIPT_OUTCOME").unwrap_or_default();
        Self { outcome, agi_status: Some(ended.status.as_str()), continuation: ended.continuation }
    }
}

impl From<freeswitch::FakeFreeSwitchResult> for SimulationResult {
    /// After a hang-up FreeSWITCH takes no variables: one without an outcome was hung up while the script ran.
    fn from(mut ended: freeswitch::FakeFreeSwitchResult) -> Self {
        let outcome = ended.variables.remove("dialscript_outcome");
        let hung_up =
            (ended.continuation == Continuation::HangupHandler).then(|| "hangup".to_owned());
        let outcome = outcome.or(hung_up).unwrap_or_default();
        Self { outcome, agi_status: None, continuation: ended.continuation }
    }
}
