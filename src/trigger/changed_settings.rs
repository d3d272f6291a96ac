//! A trigger client with changed settings. What was learned and what is in progress stays: cached answers, circuit
//! breakers, counters, and requests.

use std::sync::Arc;

use super::request_plan::RequestSender;
use super::tiered_cache::TieredCache;
use super::{HttpTriggerClient, TriggerSettings, TriggerSetupError, http_client, shared_cache};

impl HttpTriggerClient {
    /// A client with these settings. It shares with this client the cached answers, the upstreams, and the limits on
    /// requests, which change for both. Requests in progress continue, and calls that use this client continue with its
    /// egress rules, proxy and certificates.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new). Nothing has changed then.
    pub fn with_settings(&self, settings: TriggerSettings) -> Result<Self, TriggerSetupError> {
        let sender = self.sender_with(&settings)?;
        let (key_hasher, cache) = match self.uses_same_shared_cache(&settings) {
            true => (self.key_hasher.clone(), self.cache.clone()),
            false => {
                let (key_hasher, shared) = shared_cache(&settings)?;
                let (shared, tracker) = (shared.map(Arc::new), self.tracker.clone());
                let (local, parser) = (self.cache.local.clone(), sender.parser.clone());
                (key_hasher, Arc::new(TieredCache { local, shared, parser, tracker }))
            }
        };
        self.sender.upstreams.set_limits(settings.upstream_limits.clone());
        self.cache.local.set_limits(settings.cache);
        self.foreground_permits.set_max(settings.max_requests);
        self.background_permits.set_max(settings.max_requests);
        Ok(Self {
            settings,
            sender,
            cache,
            single_flight: self.single_flight.clone(),
            waits: self.waits.clone(),
            key_hasher,
            foreground_permits: self.foreground_permits.clone(),
            background_permits: self.background_permits.clone(),
            tracker: self.tracker.clone(),
            background_tasks: self.background_tasks.clone(),
            abort_token: self.abort_token.clone(),
        })
    }

    /// Keeps the HTTP client, and with it the open connections, if its settings are the same.
    fn sender_with(
        &self,
        settings: &TriggerSettings,
    ) -> Result<Arc<RequestSender>, TriggerSetupError> {
        let client = match self.settings.has_same_client(settings) {
            true if self.settings.traceparent == settings.traceparent => {
                return Ok(self.sender.clone());
            }
            true => self.sender.client.clone(),
            false => Arc::new(http_client(settings)?),
        };
        Ok(Arc::new(RequestSender {
            client,
            upstreams: self.sender.upstreams.clone(),
            parser: self.sender.parser.clone(),
            sends_traceparent: settings.traceparent,
            shutdown: self.sender.shutdown.clone(),
        }))
    }

    /// Keys of cached answers are derived from the secret of the shared cache, or random without one, so they must not
    /// change without need.
    fn uses_same_shared_cache(&self, settings: &TriggerSettings) -> bool {
        let has_same_identities = self.settings.tls_identities == settings.tls_identities;
        self.settings.shared_cache == settings.shared_cache
            && (has_same_identities || settings.shared_cache.is_none())
    }
}

impl TriggerSettings {
    fn has_same_client(&self, other: &Self) -> bool {
        self.connect_timeout == other.connect_timeout
            && self.proxy == other.proxy
            && self.allow_hosts == other.allow_hosts
            && self.allow_networks == other.allow_networks
            && self.tls_identities == other.tls_identities
    }
}
