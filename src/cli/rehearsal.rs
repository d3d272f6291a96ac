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

use crate::cli::rehearsed::{Rehearsed, Stage};
use crate::cli::serve::LAST_REQUESTS;
use crate::config::Config;
use crate::fake::phone::{GoesOn, Phone};
use crate::fake::places::Places;
use crate::fake::sound::SoundsOfSwitch;
use crate::fake::{asterisk, freeswitch};
use crate::server::{Door, Server, listen};
use crate::telemetry::Switch;
use crate::trigger::HttpTriggers;
use crate::voice::Engines;

/// A call as it reaches a switch.
pub enum Call {
    /// An Asterisk.
    Asterisk(asterisk::Call),
    /// A FreeSWITCH.
    FreeSwitch(freeswitch::Call),
}

/// What the dialplan has after a call.
pub struct Ended {
    /// The variable with the outcome; empty when there is none.
    pub outcome: String,
    /// `AGISTATUS`, where the switch has it.
    pub agi_status: Option<&'static str>,
    /// Where the dialplan goes on.
    pub goes_on: GoesOn,
}

/// For a connection, as Asterisk has it (`MAX_AGI_CONNECT`).
const CONNECT: Duration = Duration::from_secs(2);

/// A server that serves this process alone.
pub struct Rehearsal {
    /// Where it listens.
    pub address: SocketAddr,
    server: Arc<Server<HttpTriggers, Rehearsed<Engines>>>,
    stop: CancellationToken,
    serving: JoinHandle<()>,
}

impl Rehearsal {
    /// Serves a configuration's scripts to a switch of this kind. Its own listeners are not opened.
    ///
    /// # Errors
    ///
    /// When the system has no port or no random numbers.
    pub async fn start(config: &Config, switch: Switch, stage: Stage) -> io::Result<Self> {
        let triggers =
            HttpTriggers::new(config.daemon.trigger.clone()).map_err(io::Error::other)?;
        let listener = listen::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
        let address = listener.local_addr()?;
        let allow = vec![IpNet::V4(Ipv4Net::from(Ipv4Addr::LOCALHOST))];
        let door = Door { switch, listener, allow };
        if stage.engines {
            let uncreated = config.create_folders().into_iter();
            uncreated.for_each(|reason| warn!(reason, "this will not work"));
        }
        let engines = Engines::new(config.daemon.voice.clone(), triggers.client(), None);
        let voice = Rehearsed::new(engines, stage);
        let server =
            Server::new(config.daemon.limits.clone(), config.library.clone(), triggers, voice);
        let stop = CancellationToken::new();
        let serving = tokio::spawn({
            let (server, stop) = (server.clone(), stop.clone());
            async move { server.serve(vec![door], stop.cancelled(), pending()).await }
        });
        Ok(Self { address, server, stop, serving })
    }

    /// Lets calls and requests complete, and ends.
    pub async fn stop(self) {
        self.stop.cancel();
        // A server that panicked has ended as well.
        drop(self.serving.await);
        let server = &self.server;
        let last = async {
            tokio::join!(
                server.triggers().close_and_wait(),
                server.voice().engines().close_and_wait()
            )
        };
        drop(timeout(LAST_REQUESTS, last).await);
        server.triggers().give_up().await;
        server.voice().engines().give_up().await;
    }
}

/// Plays a call to a server.
///
/// # Errors
///
/// When it can't be reached: then the dialplan goes on at once, on Asterisk with `AGISTATUS=FAILURE`.
pub async fn play(server: &str, call: &Call, places: Places, phone: Phone) -> io::Result<Ended> {
    let stream = timeout(CONNECT, TcpStream::connect(server)).await??;
    stream.set_nodelay(true)?;
    let sounds = SoundsOfSwitch::default();
    Ok(match call {
        Call::Asterisk(call) => {
            asterisk::agi(stream, server, call, places, sounds, phone).await.into()
        }
        Call::FreeSwitch(call) => {
            freeswitch::socket(stream, server, call, places, sounds, phone).await.into()
        }
    })
}

impl From<asterisk::Ended> for Ended {
    fn from(mut ended: asterisk::Ended) -> Self {
        let outcome = ended.variables.remove("DIALSCRIPT_OUTCOME").unwrap_or_default();
        Self { outcome, agi_status: Some(ended.status.as_str()), goes_on: ended.goes_on }
    }
}

impl From<freeswitch::Ended> for Ended {
    /// After a hang-up FreeSWITCH takes no variables: one without an outcome was hung up while the script ran.
    fn from(mut ended: freeswitch::Ended) -> Self {
        let outcome = ended.variables.remove("dialscript_outcome");
        let hung_up = (ended.goes_on == GoesOn::HangupHandler).then(|| "hangup".to_owned());
        let outcome = outcome.or(hung_up).unwrap_or_default();
        Self { outcome, agi_status: None, goes_on: ended.goes_on }
    }
}
