//! Verifies the certificates of servers. On top of the TLS library it trusts a certificate that is itself in `ca`, and
//! says in plain words why a certificate is rejected.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use lru::LruCache;
use parking_lot::Mutex;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::pki_types::{CertificateDer, IpAddr, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, Error, OtherError, SignatureScheme};
use tokio::time::Instant;

use super::certificate_facts::CertificateFacts;
use super::certificate_flaw::{CertificateFlaw, flaws, remedy};
use super::pinned_certificate::{self, pinned_flaws};

/// A rejected certificate is described in the log once in this time: otherwise each call would repeat it.
const LOG_INTERVAL: Duration = Duration::from_secs(600);

/// The most rejected certificates to remember.
const MAX_LOGGED: NonZeroUsize = NonZeroUsize::new(64).unwrap();

tokio::task_local! {
    static SERVER_PORT: u16;
}

/// Runs a handshake with a server on this port. The TLS library tells a verifier only the host, and the remedy for a
/// rejected certificate names the port too.
pub(crate) fn handshake_on_port<F: Future>(
    port: u16,
    handshake: F,
) -> impl Future<Output = F::Output> {
    SERVER_PORT.scope(port, handshake)
}

/// The host and the port of the server, as `openssl s_client -connect` takes them.
fn host_and_port(host: &ServerName<'_>) -> String {
    let port = SERVER_PORT.try_with(|port| *port).unwrap_or(443);
    match host {
        ServerName::IpAddress(IpAddr::V6(_)) => format!("[{}]:{port}", host.to_str()),
        _ => format!("{}:{port}", host.to_str()),
    }
}

/// Why the certificate of a server is rejected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ServerCertificateError {
    pub(crate) flaws: Vec<CertificateFlaw>,
    pub(crate) remedy: String,
    /// `None` if the certificate can't be read.
    pub(crate) facts: Option<CertificateFacts>,
}

impl std::error::Error for ServerCertificateError {}

impl fmt::Display for ServerCertificateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flaws: Vec<_> = self.flaws.iter().map(ToString::to_string).collect();
        write!(f, "its certificate {}", flaws.join(", and "))
    }
}

/// The verifier of a client.
#[derive(Debug)]
pub(super) struct ServerVerifier {
    library: Arc<dyn ServerCertVerifier>,
    /// The certificates in `ca`.
    trusted: Vec<CertificateDer<'static>>,
    algorithms: WebPkiSupportedAlgorithms,
    logged: Mutex<LruCache<(String, String), Instant>>,
}

impl ServerVerifier {
    pub(super) fn new(
        library: Arc<dyn ServerCertVerifier>,
        trusted: &[CertificateDer<'static>],
        algorithms: WebPkiSupportedAlgorithms,
    ) -> Self {
        let trusted = trusted.to_vec();
        Self { library, trusted, algorithms, logged: Mutex::new(LruCache::new(MAX_LOGGED)) }
    }

    /// Whether this is one of the certificates in `ca`.
    fn is_pinned(&self, certificate: &CertificateDer<'_>) -> bool {
        self.trusted.iter().any(|trusted| trusted == certificate)
    }

    fn rejected(
        &self,
        facts: Option<CertificateFacts>,
        flaws: Vec<CertificateFlaw>,
        server: &str,
    ) -> CertificateError {
        let remedy = remedy(facts.as_ref(), &flaws, server);
        let error = ServerCertificateError { flaws, remedy, facts };
        self.log_once(&error);
        CertificateError::Other(OtherError(Arc::new(error)))
    }

    /// The library does not say that a key is too small, only that its signatures are wrong.
    fn wrong_signature(&self, certificate: &CertificateDer<'_>, error: Error) -> Error {
        let facts = CertificateFacts::read(certificate);
        match facts.as_ref().and_then(|facts| facts.unusable_key.clone()) {
            Some(reason) => {
                let flaws = vec![CertificateFlaw::UnusableKey(reason)];
                // The remedy, a new certificate, does not depend on the server.
                self.rejected(facts, flaws, "HOST:443").into()
            }
            None => error,
        }
    }

    fn log_once(&self, error: &ServerCertificateError) {
        let Some(facts) = &error.facts else { return };
        let (now, reason) = (Instant::now(), error.to_string());
        let key = (facts.fingerprint.clone(), reason.clone());
        let last = self.logged.lock().put(key, now);
        if last.is_some_and(|last| now - last < LOG_INTERVAL) {
            return;
        }
        tracing::warn!(
            reason, subject = %facts.subject, issuer = %facts.issuer, sha256 = %facts.fingerprint,
            valid_until = %facts.not_after, help = %error.remedy, "server certificate rejected"
        );
    }
}

impl ServerCertVerifier for ServerVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verified = self.library.verify_server_cert(
            end_entity,
            intermediates,
            server_name,
            ocsp_response,
            now,
        );
        let Err(error) = verified else { return verified };
        let facts = CertificateFacts::read(end_entity);
        let pinned = facts.as_ref().filter(|_| self.is_pinned(end_entity));
        let flaws = match pinned {
            Some(facts) => pinned_flaws(facts, end_entity, server_name, now),
            None => flaws(facts.as_ref(), &error, now),
        };
        if flaws.is_empty() {
            return Ok(ServerCertVerified::assertion());
        }
        Err(self.rejected(facts, flaws, &host_and_port(server_name)).into())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let verified = match self.is_pinned(certificate) {
            true => pinned_certificate::verify_tls12_signature(
                message,
                certificate,
                signature,
                &self.algorithms,
            ),
            false => self.library.verify_tls12_signature(message, certificate, signature),
        };
        verified.map_err(|error| self.wrong_signature(certificate, error))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let verified = match self.is_pinned(certificate) {
            true => pinned_certificate::verify_tls13_signature(
                message,
                certificate,
                signature,
                &self.algorithms,
            ),
            false => self.library.verify_tls13_signature(message, certificate, signature),
        };
        verified.map_err(|error| self.wrong_signature(certificate, error))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
