//! The listeners for switches, and the sound server.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use ipnet::IpNet;
use tracing::info;

use super::passed_sockets::{self, PassedSockets};
use super::systemd::SystemdNotifier;
use crate::config::{DaemonSettings, ListenerSettings};
use crate::listener::NetworkListener;
use crate::server::{StopRequests, SwitchListener};
use crate::telemetry::Switch;
use crate::voice;
use crate::voice::sound_server::SoundUrls;

/// The sockets of this process. Those that systemd passed are used, the others are opened. If this process is a worker,
/// copies of the opened ones go into systemd's store.
pub(super) struct ListenerSockets {
    pub(super) passed: PassedSockets,
    pub(super) store: Option<SystemdNotifier>,
}

impl ListenerSockets {
    /// The listener for one address of the table `name`.
    pub(super) fn open(
        &mut self,
        name: &'static str,
        address: SocketAddr,
        allow: Vec<IpNet>,
    ) -> io::Result<NetworkListener> {
        if let Some(passed) = self.passed.take_tcp(address) {
            let is_of_socket_unit = passed.is_of_socket_unit();
            let listener = NetworkListener::adopt(name, passed.socket, allow)?;
            return Ok(NetworkListener { is_of_socket_unit, ..listener });
        }
        let listener = NetworkListener::bind(name, address, allow)?;
        if let Some(systemd) = &self.store {
            passed_sockets::store(systemd, address, &listener.socket)?;
        }
        Ok(listener)
    }
}

pub(super) fn bind_switch_listeners(
    settings: &DaemonSettings,
    sockets: &mut ListenerSockets,
) -> io::Result<Vec<SwitchListener>> {
    let switches =
        [(Switch::Asterisk, &settings.asterisk), (Switch::FreeSwitch, &settings.freeswitch)];
    let addresses = switches.into_iter().flat_map(|(switch, settings)| {
        settings.listen.iter().map(move |address| (switch, settings, *address))
    });
    let open = |(switch, settings, address): (Switch, &ListenerSettings, SocketAddr)| {
        let listener =
            sockets.open(SwitchListener::table(switch), address, settings.allow.clone())?;
        info!(switch = switch.as_str(), %address, "listening");
        Ok(SwitchListener { switch, listener })
    };
    addresses.map(open).collect()
}

/// A sound server that listens but does not accept yet.
pub(super) struct BoundSoundServer {
    listener: NetworkListener,
    pub(super) urls: Arc<SoundUrls>,
}

pub(super) fn bind_sound_server(
    settings: &DaemonSettings,
    sockets: &mut ListenerSockets,
) -> io::Result<Option<BoundSoundServer>> {
    let Some(server) = &settings.voice.sound_server else { return Ok(None) };
    let address = server.listen;
    let listener = sockets.open("[sound_server]", address, server.allow.clone())?;
    let urls = Arc::new(SoundUrls::new(
        server,
        &settings.voice.cache_folder,
        &settings.voice.library_folder,
    )?);
    info!(%address, url = server.url, "serving sounds");
    Ok(Some(BoundSoundServer { listener, urls }))
}

/// Serves sounds, also while the daemon drains, until the next process does. Never returns.
pub(super) async fn serve_sounds(sound_server: Option<BoundSoundServer>, requests: &StopRequests) {
    if let Some(BoundSoundServer { listener, urls }) = sound_server {
        voice::sound_server::serve(listener, urls, requests.leave.cancelled()).await;
    }
    std::future::pending().await
}
