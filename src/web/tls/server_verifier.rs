//! Verifies the certificates of servers. On top of the TLS library it trusts a certificate that is itself in `ca`, and
//! says in plain words why a certificate is rejected.
//!
//! The library accepts no self-signed certificate that may issue others, and none of X.509 version 1. On private networks
//! both are common. A certificate that an administrator has named is trusted as it is, if
//!
//! - it is within its validity period,
//! - it is for the host: by its subjectAltName, or by its common name if it has none,
//! - the server proves in the handshake that it has the private key.
//!
//! This gives nobody more power: the owner of any certificate in `ca` could issue one for every host. The exception is a
//! certificate with name constraints, which is trusted only for what it has issued.

use std::fmt;
use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use lru::LruCache;
use parking_lot::Mutex;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_name;
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls13_signature_with_raw_key};
use rustls::pki_types::{CertificateDer, ServerName, SubjectPublicKeyInfoDer, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, OtherError, SignatureScheme};
use tokio::time::Instant;
use webpki::RawPublicKeyEntity;

use super::certificate_facts::CertificateFacts;
use super::certificate_flaw::{CertificateFlaw, flaws, own_flaws, remedy};

/// A rejected certificate is described in the log once in this time: otherwise each call would repeat it.
const LOG_INTERVAL: Duration = Duration::from_secs(600);

/// The most rejected certificates to remember.
const MAX_LOGGED: NonZeroUsize = NonZeroUsize::new(64).unwrap();

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
    ) -> CertificateError {
        let remedy = remedy(facts.as_ref(), &flaws);
        let error = ServerCertificateError { flaws, remedy, facts };
        self.log_once(&error);
        CertificateError::Other(OtherError(Arc::new(error)))
    }

    /// The library does not say that a key is too small, only that its signatures are wrong.
    fn wrong_signature(&self, certificate: &CertificateDer<'_>, error: Error) -> Error {
        let facts = CertificateFacts::read(certificate);
        match facts.as_ref().and_then(|facts| facts.unusable_key.clone()) {
            Some(reason) => self.rejected(facts, vec![CertificateFlaw::UnusableKey(reason)]).into(),
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
            Some(facts) if facts.limits_names => vec![CertificateFlaw::LimitsNames],
            Some(facts) => pinned_flaws(facts, end_entity, server_name, now),
            None => flaws(facts.as_ref(), &error, now),
        };
        if flaws.is_empty() {
            return Ok(ServerCertVerified::assertion());
        }
        Err(self.rejected(facts, flaws).into())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let verified = match self.is_pinned(certificate) {
            true => verify_tls12_signature(message, certificate, signature, &self.algorithms),
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
            true => public_key(certificate).and_then(|key| {
                verify_tls13_signature_with_raw_key(message, &key, signature, &self.algorithms)
            }),
            false => self.library.verify_tls13_signature(message, certificate, signature),
        };
        verified.map_err(|error| self.wrong_signature(certificate, error))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// Why a certificate in `ca` is rejected nevertheless.
fn pinned_flaws(
    facts: &CertificateFacts,
    certificate: &CertificateDer<'_>,
    server_name: &ServerName<'_>,
    now: UnixTime,
) -> Vec<CertificateFlaw> {
    let has_names = !facts.names.is_empty();
    let mut flaws = own_flaws(facts, now);
    // Its common name takes the place of the subjectAltName.
    flaws.retain(|flaw| {
        !matches!(flaw, CertificateFlaw::OldVersion(_) | CertificateFlaw::NoSubjectAltName)
    });
    if has_names {
        if !is_named(certificate, server_name) {
            flaws.push(CertificateFlaw::OtherName(facts.shown_names()));
        }
    } else if !is_common_name(facts, server_name) {
        let name = facts.common_name.clone();
        flaws.push(name.map_or(CertificateFlaw::NoSubjectAltName, CertificateFlaw::OtherName));
    }
    flaws
}

fn is_named(certificate: &CertificateDer<'_>, server_name: &ServerName<'_>) -> bool {
    let parsed = ParsedCertificate::try_from(certificate);
    parsed.is_ok_and(|parsed| verify_server_name(&parsed, server_name).is_ok())
}

/// Whether the common name is the host. Without wildcards, which stand in a subjectAltName.
fn is_common_name(facts: &CertificateFacts, server_name: &ServerName<'_>) -> bool {
    let Some(name) = &facts.common_name else { return false };
    match server_name {
        ServerName::DnsName(host) => name.eq_ignore_ascii_case(host.as_ref().trim_end_matches('.')),
        ServerName::IpAddress(address) => {
            name.parse::<IpAddr>().is_ok_and(|named| named == IpAddr::from(*address))
        }
        _ => false,
    }
}

fn public_key(certificate: &CertificateDer<'_>) -> Result<SubjectPublicKeyInfoDer<'static>, Error> {
    let facts = CertificateFacts::read(certificate).ok_or(CertificateError::BadEncoding)?;
    Ok(SubjectPublicKeyInfoDer::from(facts.public_key))
}

/// Verifies with the key alone, since the library does not read certificates of version 1. As in the library, all
/// algorithms of the scheme are tried until one is for this type of key.
fn verify_tls12_signature(
    message: &[u8],
    certificate: &CertificateDer<'_>,
    signature: &DigitallySignedStruct,
    algorithms: &WebPkiSupportedAlgorithms,
) -> Result<HandshakeSignatureValid, Error> {
    let public_key = public_key(certificate)?;
    let key =
        RawPublicKeyEntity::try_from(&public_key).map_err(|_| CertificateError::BadEncoding)?;
    let of_scheme = algorithms.mapping.iter().filter(|(scheme, _)| *scheme == signature.scheme);
    let mut algorithms = of_scheme.flat_map(|(_, algorithms)| algorithms.iter());
    let is_valid = |algorithm: &dyn rustls::pki_types::SignatureVerificationAlgorithm| {
        key.verify_signature(algorithm, message, signature.signature()).is_ok()
    };
    match algorithms.any(|algorithm| is_valid(*algorithm)) {
        true => Ok(HandshakeSignatureValid::assertion()),
        false => Err(CertificateError::BadSignature.into()),
    }
}
