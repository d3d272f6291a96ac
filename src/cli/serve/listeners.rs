//! The listeners for switches, and the sound server.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tracing::info;

use super::listener_sockets::ListenerSockets;
use crate::config::DaemonSettings;
use crate::listener::{AllowedNetworks, NetworkListener};
use crate::server::{StopRequests, SwitchListener};
use crate::telemetry::Switch;
use crate::voice;
use crate::voice::sound_server::SoundUrls;

pub(super) fn bind_switch_listeners(
    settings: &DaemonSettings,
    sockets: &mut ListenerSockets,
) -> io::Result<Vec<SwitchListener>> {
    let asterisk = (Switch::Asterisk, &settings.asterisk, sockets.allow.asterisk.clone());
    let freeswitch = (Switch::FreeSwitch, &settings.freeswitch, sockets.allow.freeswitch.clone());
    let addresses = [asterisk, freeswitch].into_iter().flat_map(|(switch, settings, allow)| {
        settings.listen.iter().map(move |address| (switch, *address, allow.clone()))
    });
    let open = |(switch, address, allow): (Switch, SocketAddr, AllowedNetworks)| {
        let listener = sockets.open(SwitchListener::table(switch), address, allow)?;
        info!(switch = switch.as_str(), %address, "listening");
        Ok(SwitchListener { switch, listener })
    };
    addresses.map(open).collect()
}

/// A listener for a switch, for `dialscript status`.
pub(super) struct ListenerFacts {
    pub(super) switch: Switch,
    pub(super) address: SocketAddr,
    /// A reload may change them.
    pub(super) allow: AllowedNetworks,
}

/// What `dialscript status` shows of the listeners for switches.
pub(super) fn describe_listeners(listeners: &[SwitchListener]) -> io::Result<Vec<ListenerFacts>> {
    let describe = |listener: &SwitchListener| {
        let (switch, allow) = (listener.switch, listener.allow());
        Ok(ListenerFacts { switch, address: listener.local_addr()?, allow })
    };
    listeners.iter().map(describe).collect()
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
    let allow = sockets.allow.sound_server.clone();
    let listener = sockets.open("[sound_server]", address, allow)?;
    let urls = Arc::new(SoundUrls::new(
        server,
        &settings.voice.cache_folder,
        &settings.voice.library_folder,
    )?);
    info!(%address, url = server.url, "serving sounds");
    Ok(Some(BoundSoundServer { listener, urls }))
}

/// Serves sounds, also while the daemon drains, until the next process does. Never returns.
pub(super) async fn serve_sounds(sound_server: Option<BoundSoundServer>, stop: &StopRequests) {
    if let Some(BoundSoundServer { listener, urls }) = sound_server {
        voice::sound_server::serve(listener, urls, stop.leave.cancelled()).await;
    }
    std::future::pending().await
}
