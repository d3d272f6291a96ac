//! The servers that the files name: web applications, speech engines, the shared cache.

use std::collections::BTreeSet;
use std::sync::Arc;

use rustls::ClientConfig;
use url::{Host, Url};

use crate::config::Config;
use crate::script::definition::{Script, UrlTemplate};
use crate::trigger::{TriggerSettings, fixed_url};
use crate::voice::settings::{AsrBackend, TtsBackend, VoiceSettings};
use crate::web::host_port::entry_for;
use crate::web::probe::ProbeAddress;
use crate::web::tls::TlsIdentity;

pub(super) struct ConfiguredServer {
    /// The host and the port, without anything else of the URL.
    pub(super) name: String,
    pub(super) address: ProbeAddress,
    /// Such as "script order".
    users: BTreeSet<String>,
}

/// The most users that are named in one line.
const MAX_USERS: usize = 3;

impl ConfiguredServer {
    pub(super) fn used_for(&self) -> String {
        let shown: Vec<_> = self.users.iter().take(MAX_USERS).map(String::as_str).collect();
        match self.users.len().saturating_sub(MAX_USERS) {
            0 => shown.join(", "),
            more => format!("{} and {more} more", shown.join(", ")),
        }
    }
}

/// Servers without duplicates, in the order of their names.
struct ServerList<'a> {
    settings: &'a TriggerSettings,
    servers: Vec<ConfiguredServer>,
    /// Made once, since all certificates of the system are read for it.
    system_tls: Option<Arc<ClientConfig>>,
}

/// # Errors
///
/// When a TLS configuration can't be built, for example because the system has no CA certificates.
pub(super) fn configured_servers(config: &Config) -> Result<Vec<ConfiguredServer>, rustls::Error> {
    let mut list =
        ServerList { settings: &config.daemon.trigger, servers: Vec::new(), system_tls: None };
    for script in config.library.scripts.values() {
        list.add_script(script)?;
    }
    list.add_engines(&config.daemon.voice)?;
    list.add_proxy()?;
    list.add_shared_cache()?;
    list.add_upstreams()?;
    list.servers.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(list.servers)
}

impl ServerList<'_> {
    fn add_script(&mut self, script: &Script) -> Result<(), rustls::Error> {
        let user = format!("script {}", script.name);
        for trigger in script.trigger.iter().chain(&script.hangup).chain(&script.ended) {
            for url in [Some(&trigger.url), trigger.fallback.as_ref()].into_iter().flatten() {
                self.add_template(url, &user)?;
            }
        }
        Ok(())
    }

    /// A host that a value decides is not known here.
    fn add_template(&mut self, url: &UrlTemplate, user: &str) -> Result<(), rustls::Error> {
        match fixed_url(url) {
            Some(url) => self.add_web(&url, user),
            None => Ok(()),
        }
    }

    fn add_engines(&mut self, voice: &VoiceSettings) -> Result<(), rustls::Error> {
        let engines = voice.default_engine.iter().chain(&voice.fallback_engine);
        for engine in engines.chain(voice.named_engines.values()) {
            if let TtsBackend::Http(service) = &engine.backend {
                self.add_web(&service.url, &format!("engine {}", engine.name))?;
            }
        }
        let Some(engine) = &voice.asr_engine else { return Ok(()) };
        let user = format!("engine {}", engine.name);
        match &engine.backend {
            AsrBackend::Http(service) => self.add_web(&service.url, &user),
            AsrBackend::Vosk(url) => self.add_url(url, &user),
            AsrBackend::Command(_) | AsrBackend::Switch { .. } => Ok(()),
        }
    }

    /// A proxy opens the connections of requests, so only the proxy itself is probed then.
    fn add_web(&mut self, url: &Url, user: &str) -> Result<(), rustls::Error> {
        match self.settings.proxy {
            Some(_) => Ok(()),
            None => self.add_url(url, user),
        }
    }

    fn add_proxy(&mut self) -> Result<(), rustls::Error> {
        match &self.settings.proxy {
            Some(proxy) => self.add_url(proxy, "proxy"),
            None => Ok(()),
        }
    }

    fn add_url(&mut self, url: &Url, user: &str) -> Result<(), rustls::Error> {
        let (Some(host), Some(port)) = (url.host(), url.port_or_known_default()) else {
            return Ok(());
        };
        let has_tls = matches!(url.scheme(), "https" | "wss");
        self.add_host(&host.to_owned(), port, has_tls, user)
    }

    fn add_shared_cache(&mut self) -> Result<(), rustls::Error> {
        let Some(shared) = &self.settings.shared_cache else { return Ok(()) };
        match shared.address.host_and_port() {
            Some((host, port)) => {
                self.add_host(&host, port, shared.address.has_tls(), "shared cache")
            }
            None => {
                if let Some(path) = shared.address.socket_path() {
                    let name = path.display().to_string();
                    self.add(name, "shared cache", ProbeAddress::Unix(path.to_owned()));
                }
                Ok(())
            }
        }
    }

    /// Tables of hosts that no file uses: their host may be decided by a value.
    fn add_upstreams(&mut self) -> Result<(), rustls::Error> {
        if self.settings.proxy.is_some() {
            return Ok(());
        }
        for (host_port, _) in &self.settings.tls_identities {
            let host = host_port.host();
            let prefix = format!("{host}:");
            let is_used = self.servers.iter().any(|server| server.name.starts_with(&prefix));
            if let Some(port) = host_port.port().or((!is_used).then_some(443)) {
                self.add_host(host, port, true, "[upstream]")?;
            }
        }
        Ok(())
    }

    fn add_host(
        &mut self,
        host: &Host<String>,
        port: u16,
        has_tls: bool,
        user: &str,
    ) -> Result<(), rustls::Error> {
        let name = format!("{host}:{port}");
        if self.is_known(&name, user) {
            return Ok(());
        }
        let tls = if has_tls { Some(self.tls_config(host, port)?) } else { None };
        let host = match host {
            Host::Domain(name) => name.clone(),
            Host::Ipv4(address) => address.to_string(),
            Host::Ipv6(address) => address.to_string(),
        };
        self.add(name, user, ProbeAddress::Tcp { host, port, tls });
        Ok(())
    }

    /// Without ALPN: no protocol is spoken, and a shared cache would refuse those of HTTP.
    fn tls_config(
        &mut self,
        host: &Host<String>,
        port: u16,
    ) -> Result<Arc<ClientConfig>, rustls::Error> {
        let own = entry_for(&self.settings.tls_identities, host.clone(), Some(port));
        if let Some((_, identity)) = own {
            return identity.client_config_without_alpn().map(Arc::new);
        }
        if let Some(config) = &self.system_tls {
            return Ok(Arc::clone(config));
        }
        let config = Arc::new(TlsIdentity::default().client_config_without_alpn()?);
        Ok(Arc::clone(self.system_tls.insert(config)))
    }

    /// If the server is in the list, adds the user to it.
    fn is_known(&mut self, name: &str, user: &str) -> bool {
        let known = self.servers.iter_mut().find(|server| server.name == name);
        known.map(|known| known.users.insert(user.to_owned())).is_some()
    }

    fn add(&mut self, name: String, user: &str, address: ProbeAddress) {
        let users = BTreeSet::from([user.to_owned()]);
        self.servers.push(ConfiguredServer { name, address, users });
    }
}
