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

use crate::cli::serve::{LAST_REQUESTS, limits, requests};
use crate::config::Config;
use crate::fake::asterisk::{self, Call, Ended, Places};
use crate::fake::phone::Phone;
use crate::fake::sound::SoundsOfSwitch;
use crate::server::{Door, Server, listen};
use crate::telemetry::Switch;
use crate::trigger::HttpTriggers;

/// For a connection, as Asterisk has it (`MAX_AGI_CONNECT`).
const CONNECT: Duration = Duration::from_secs(2);

/// A server that serves this process alone.
pub struct Rehearsal {
    /// Where it listens.
    pub address: SocketAddr,
    server: Arc<Server<HttpTriggers>>,
    stop: CancellationToken,
    serving: JoinHandle<()>,
}

impl Rehearsal {
    /// Serves a configuration's scripts to a switch of this kind. Its own listeners are not opened.
    ///
    /// # Errors
    ///
    /// When the system has no port or no random numbers.
    pub async fn start(config: &Config, switch: Switch) -> io::Result<Self> {
        let triggers = HttpTriggers::new(requests(config)).map_err(io::Error::other)?;
        let listener = listen::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
        let address = listener.local_addr()?;
        let allow = vec![IpNet::V4(Ipv4Net::from(Ipv4Addr::LOCALHOST))];
        let door = Door { switch, listener, allow };
        let server = Server::new(limits(config), config.library.clone(), triggers);
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
        drop(timeout(LAST_REQUESTS, self.server.triggers().close_and_wait()).await);
    }
}

/// Plays a call to a server.
///
/// # Errors
///
/// When it can't be reached: then the dialplan would see `AGISTATUS=FAILURE`.
pub async fn play(server: &str, call: &Call, places: Places, phone: Phone) -> io::Result<Ended> {
    let stream = timeout(CONNECT, TcpStream::connect(server)).await??;
    stream.set_nodelay(true)?;
    Ok(asterisk::agi(stream, server, call, places, SoundsOfSwitch::default(), phone).await)
}
