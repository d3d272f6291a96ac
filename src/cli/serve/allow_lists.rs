//! Who may connect to the open listeners.

use crate::config::DaemonSettings;
use crate::listener::AllowedNetworks;

/// The `allow` of each listener's table. The open listeners share these lists, so that a reload can change them.
pub(super) struct AllowLists {
    pub(super) asterisk: AllowedNetworks,
    pub(super) freeswitch: AllowedNetworks,
    pub(super) sound_server: AllowedNetworks,
    pub(super) metrics: AllowedNetworks,
}

impl AllowLists {
    pub(super) fn new(settings: &DaemonSettings) -> Self {
        let sound_server = settings.voice.sound_server.as_ref().map(|table| table.allow.clone());
        let metrics = settings.metrics.as_ref().map(|table| table.allow.clone());
        Self {
            asterisk: settings.asterisk.allow.clone().into(),
            freeswitch: settings.freeswitch.allow.clone().into(),
            sound_server: sound_server.unwrap_or_default().into(),
            metrics: metrics.unwrap_or_default().into(),
        }
    }

    /// Changes who may open new connections.
    pub(super) fn replace(&self, settings: &DaemonSettings) {
        self.asterisk.replace(settings.asterisk.allow.clone());
        self.freeswitch.replace(settings.freeswitch.allow.clone());
        if let Some(table) = &settings.voice.sound_server {
            self.sound_server.replace(table.allow.clone());
        }
        if let Some(table) = &settings.metrics {
            self.metrics.replace(table.allow.clone());
        }
    }
}
