//! TLS of all clients: the certificates that are trusted, client certificates, and errors in plain words.

use std::fmt;
use std::sync::Arc;

use rustls::client::danger::ServerCertVerifier;
use rustls::client::{ClientConfig, WebPkiServerVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::sign::CertifiedKey;
use rustls::{CertificateError, Error, RootCertStore};
use rustls_platform_verifier::Verifier;

mod certificate_facts;
mod certificate_flaw;
mod pinned_certificate;
mod plain_error;
mod server_verifier;

pub(crate) use certificate_facts::CertificateFacts;
pub(crate) use certificate_flaw::{CertificateFlaw, openssl_command, own_flaws};
pub(crate) use plain_error::{certificate_error, plain_error};

use CertificateError::{
    Expired, ExpiredContext, InvalidPurpose, InvalidPurposeContext, NotValidYet, NotValidYetContext,
};
use server_verifier::ServerVerifier;
pub(crate) use server_verifier::handshake_on_port;

/// `Debug` shows no key.
#[derive(Default, PartialEq, Eq)]
pub struct TlsIdentity {
    /// Trusted issuers of server certificates, and trusted server certificates. If empty, the issuers of the system are
    /// trusted.
    pub ca_certificates: Vec<CertificateDer<'static>>,
    /// The certificate followed by its intermediate certificates, and the private key.
    pub client_certificate: Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)>,
}

/// What is wrong with a client certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsIdentityError {
    InvalidCertificate,
    /// Not a private key, or one of an unsupported type.
    InvalidKey,
    /// The key belongs to another certificate.
    KeyMismatch,
}

impl fmt::Debug for TlsIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let chain_length = self.client_certificate.as_ref().map(|(chain, _)| chain.len());
        f.debug_struct("TlsIdentity")
            .field("ca_certificates", &self.ca_certificates.len())
            .field("certificates", &chain_length)
            .finish()
    }
}

impl TlsIdentity {
    /// Checks that the client certificate and its key belong together.
    pub fn check(&self) -> Result<(), TlsIdentityError> {
        let Some((chain, key)) = &self.client_certificate else { return Ok(()) };
        let pair = CertifiedKey::from_der(chain.clone(), key.clone_key(), &crypto_provider());
        pair.map(drop).map_err(|error| match error {
            Error::InconsistentKeys(_) => TlsIdentityError::KeyMismatch,
            Error::InvalidCertificate(_) | Error::NoCertificatesPresented => {
                TlsIdentityError::InvalidCertificate
            }
            _ => TlsIdentityError::InvalidKey,
        })
    }

    /// Returns why servers would reject the client certificate at this time. Finds only reasons that the certificate
    /// itself shows, for example that it has expired.
    pub(crate) fn certificate_warning(&self, now: UnixTime) -> Option<String> {
        let (certificate, intermediates) = self.client_certificate.as_ref()?.0.split_first()?;
        let facts = CertificateFacts::read(certificate)?;
        // The verifier checks validity and purpose before the issuer, so any root certificate is enough here.
        let mut roots = RootCertStore::empty();
        roots.add(certificate.clone()).ok()?;
        let verifier =
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots), crypto_provider());
        match verifier.build().ok()?.verify_client_cert(certificate, intermediates, now).err()? {
            Error::InvalidCertificate(Expired | ExpiredContext { .. }) => {
                Some(format!("has expired on {}", facts.not_after))
            }
            Error::InvalidCertificate(NotValidYet | NotValidYetContext { .. }) => {
                Some(format!("is not valid before {}", facts.not_before))
            }
            Error::InvalidCertificate(InvalidPurpose | InvalidPurposeContext { .. }) => {
                Some("is not for clients".to_owned())
            }
            _ => None,
        }
    }

    /// Like [`client_config`](Self::client_config), for protocols other than HTTP.
    pub(crate) fn client_config_without_alpn(&self) -> Result<ClientConfig, Error> {
        self.client_config().map(without_alpn)
    }

    /// Returns the rustls configuration of a client with these certificates.
    ///
    /// # Errors
    ///
    /// When a certificate or the key is invalid, they don't belong together, or the system has no CA certificates.
    pub(crate) fn client_config(&self) -> Result<ClientConfig, Error> {
        let provider = crypto_provider();
        let builder = ClientConfig::builder_with_provider(provider.clone());
        let builder = builder.with_safe_default_protocol_versions()?.dangerous();
        let library = library_verifier(&self.ca_certificates, provider.clone())?;
        let algorithms = provider.signature_verification_algorithms;
        let verifier = ServerVerifier::new(library, &self.ca_certificates, algorithms);
        let builder = builder.with_custom_certificate_verifier(Arc::new(verifier));
        Ok(with_alpn(match &self.client_certificate {
            Some((chain, key)) => builder.with_client_auth_cert(chain.clone(), key.clone_key())?,
            None => builder.with_no_client_auth(),
        }))
    }
}

/// The verifier of the TLS library, with these issuers or those of the system.
fn library_verifier(
    ca_certificates: &[CertificateDer<'static>],
    provider: Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, Error> {
    if ca_certificates.is_empty() {
        return Ok(Arc::new(Verifier::new(provider)?));
    }
    let mut roots = RootCertStore::empty();
    ca_certificates.iter().try_for_each(|ca| roots.add(ca.clone()))?;
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider);
    Ok(verifier.build().map_err(|error| Error::General(error.to_string()))?)
}

/// Whether a certificate can be a trust anchor.
pub(crate) fn is_ca_certificate(certificate: &CertificateDer<'_>) -> bool {
    RootCertStore::empty().add(certificate.clone().into_owned()).is_ok()
}

/// Returns a configuration that trusts no server. On a machine without CA certificates, plain HTTP works with it.
pub(super) fn config_without_roots() -> Result<ClientConfig, Error> {
    let builder = ClientConfig::builder_with_provider(crypto_provider());
    let builder = builder.with_safe_default_protocol_versions()?;
    Ok(with_alpn(builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth()))
}

/// Returns a configuration for protocols other than HTTP.
pub(super) fn without_alpn(mut config: ClientConfig) -> ClientConfig {
    config.alpn_protocols.clear();
    config
}

fn with_alpn(mut config: ClientConfig) -> ClientConfig {
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    config
}

/// Returns the process's default provider, if one is installed, else ring.
fn crypto_provider() -> Arc<CryptoProvider> {
    let installed = CryptoProvider::get_default().cloned();
    installed.unwrap_or_else(|| Arc::new(rustls::crypto::ring::default_provider()))
}
