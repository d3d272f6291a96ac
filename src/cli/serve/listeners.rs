//! The listeners for switches, and the sound server.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tracing::info;

use crate::config::{DaemonSettings, ListenerSettings};
use crate::control::protocol::ListenerStatus;
use crate::listener::NetworkListener;
use crate::server::SwitchListener;
use crate::telemetry::Switch;
use crate::voice;
use crate::voice::sound_server::SoundUrls;

pub(super) fn bind_switch_listeners(settings: &DaemonSettings) -> io::Result<Vec<SwitchListener>> {
    let switches =
        [(Switch::Asterisk, &settings.asterisk), (Switch::FreeSwitch, &settings.freeswitch)];
    let addresses = switches.into_iter().flat_map(|(switch, settings)| {
        settings.listen.iter().map(move |address| (switch, settings, *address))
    });
    let bind = |(switch, settings, address): (Switch, &ListenerSettings, SocketAddr)| {
        let listener = SwitchListener::bind(switch, address, settings.allow.clone())?;
        info!(switch = switch.as_str(), %address, "listening");
        Ok(listener)
    };
    addresses.map(bind).collect()
}

/// The listeners for switches, as `dialscript status` shows them.
pub(super) fn describe_listeners(listeners: &[SwitchListener]) -> io::Result<Vec<ListenerStatus>> {
    let describe = |listener: &SwitchListener| {
        Ok(ListenerStatus {
            switch: listener.switch().as_str().to_owned(),
            address: listener.local_addr()?.to_string(),
            allow: listener.allow().iter().map(ToString::to_string).collect(),
        })
    };
    listeners.iter().map(describe).collect()
}

/// A sound server that listens but does not accept yet.
pub(super) struct BoundSoundServer {
    listener: NetworkListener,
    pub(super) urls: Arc<SoundUrls>,
}

pub(super) fn bind_sound_server(settings: &DaemonSettings) -> io::Result<Option<BoundSoundServer>> {
    let Some(server) = &settings.voice.sound_server else { return Ok(None) };
    let address = server.listen;
    let listener = NetworkListener::bind("[sound_server]", address, server.allow.clone())?;
    let urls = Arc::new(SoundUrls::new(
        server,
        &settings.voice.cache_folder,
        &settings.voice.library_folder,
    )?);
    info!(%address, url = server.url, "serving sounds");
    Ok(Some(BoundSoundServer { listener, urls }))
}

/// Serves sounds, also while the daemon drains. Never returns.
pub(super) async fn serve_sounds(sound_server: Option<BoundSoundServer>) {
    match sound_server {
        Some(BoundSoundServer { listener, urls }) => {
            voice::sound_server::serve(listener, urls, std::future::pending()).await;
        }
        None => std::future::pending().await,
    }
}
