//! The listeners for switches, and the sound server.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tracing::info;

use super::allow_lists::AllowLists;
use crate::config::DaemonSettings;
use crate::listener::{AllowedNetworks, NetworkListener};
use crate::server::SwitchListener;
use crate::telemetry::Switch;
use crate::voice;
use crate::voice::sound_server::SoundUrls;

pub(super) fn bind_switch_listeners(
    settings: &DaemonSettings,
    allow: &AllowLists,
) -> io::Result<Vec<SwitchListener>> {
    let switches = [
        (Switch::Asterisk, &settings.asterisk, &allow.asterisk),
        (Switch::FreeSwitch, &settings.freeswitch, &allow.freeswitch),
    ];
    let addresses = switches.into_iter().flat_map(|(switch, settings, allow)| {
        settings.listen.iter().map(move |address| (switch, *address, allow))
    });
    let bind = |(switch, address, allow): (Switch, SocketAddr, &AllowedNetworks)| {
        let listener = SwitchListener::bind(switch, address, allow.clone())?;
        info!(switch = switch.as_str(), %address, "listening");
        Ok(listener)
    };
    addresses.map(bind).collect()
}

/// A sound server that listens but does not accept yet.
pub(super) struct BoundSoundServer {
    listener: NetworkListener,
    pub(super) urls: Arc<SoundUrls>,
}

pub(super) fn bind_sound_server(
    settings: &DaemonSettings,
    allow: &AllowLists,
) -> io::Result<Option<BoundSoundServer>> {
    let Some(server) = &settings.voice.sound_server else { return Ok(None) };
    let address = server.listen;
    let listener = NetworkListener::bind("[sound_server]", address, allow.sound_server.clone())?;
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
