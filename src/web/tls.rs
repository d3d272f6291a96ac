//! Whom HTTPS trusts, and who we are to the other side.

use std::fmt;
use std::sync::Arc;

use rustls::client::{ClientConfig, Resumption, WebPkiServerVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::sign::CertifiedKey;
use rustls::{CertificateError, Error, RootCertStore};
use rustls_platform_verifier::Verifier;

use super::stopwatch::TimedTlsSessions;
use CertificateError::{
    Expired, ExpiredContext, InvalidPurpose, InvalidPurposeContext, NotValidYet, NotValidYetContext,
};

/// Whom we trust at a place, and the certificate that we show there. Its `Debug` shows no key.
#[derive(Default, PartialEq, Eq)]
pub struct TlsIdentity {
    /// Who signs the other side's certificate; empty is whomever the system trusts.
    pub ca_certificates: Vec<CertificateDer<'static>>,
    /// Our certificate with those that lead from it to its authority, and its key.
    pub client_certificate: Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)>,
}

/// Why a certificate and a key can't be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsIdentityError {
    /// What should be a certificate is none.
    InvalidCertificate,
    /// What should be a key is none, or of a kind that is not known here.
    InvalidKey,
    /// The key is another one's.
    KeyMismatch,
}

impl fmt::Debug for TlsIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shows = self.client_certificate.as_ref().map(|(chain, _)| chain.len());
        let mut shown = f.debug_struct("Identity");
        shown
            .field("authorities", &self.ca_certificates.len())
            .field("certificates", &shows)
            .finish()
    }
}

impl TlsIdentity {
    /// Whether the certificate and the key belong together.
    ///
    /// # Errors
    ///
    /// Which of them is wrong.
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

    /// Why whoever looks at our certificate now will not take it, where it says so itself.
    pub fn certificate_warning(&self, now: UnixTime) -> Option<&'static str> {
        let (certificate, above) = self.client_certificate.as_ref()?.0.split_first()?;
        // What it says of itself is looked at before who signed it: any authority does.
        let mut roots = RootCertStore::empty();
        roots.add(certificate.clone()).ok()?;
        let verifier =
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots), crypto_provider());
        match verifier.build().ok()?.verify_client_cert(certificate, above, now).err()? {
            Error::InvalidCertificate(Expired | ExpiredContext { .. }) => Some("has expired"),
            Error::InvalidCertificate(NotValidYet | NotValidYetContext { .. }) => {
                Some("is not valid yet")
            }
            Error::InvalidCertificate(InvalidPurpose | InvalidPurposeContext { .. }) => {
                Some("is not for clients")
            }
            _ => None,
        }
    }

    /// What rustls makes of it.
    ///
    /// # Errors
    ///
    /// When a certificate or the key is none, they don't belong together, or the system has no roots.
    pub fn client_config(&self) -> Result<ClientConfig, Error> {
        let provider = crypto_provider();
        let builder = ClientConfig::builder_with_provider(provider.clone());
        let builder = builder.with_safe_default_protocol_versions()?.dangerous();
        let builder = match self.ca_certificates.as_slice() {
            [] => builder.with_custom_certificate_verifier(Arc::new(Verifier::new(provider)?)),
            authorities => {
                let mut roots = RootCertStore::empty();
                authorities.iter().try_for_each(|root| roots.add(root.clone()))?;
                let verifier =
                    WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider);
                let verifier = verifier.build().map_err(|e| Error::General(e.to_string()))?;
                builder.with_custom_certificate_verifier(verifier)
            }
        };
        Ok(with_alpn_and_sessions(match &self.client_certificate {
            Some((chain, key)) => builder.with_client_auth_cert(chain.clone(), key.clone_key())?,
            None => builder.with_no_client_auth(),
        }))
    }
}

/// Whether a certificate can be that of an authority.
pub fn is_ca_certificate(certificate: &CertificateDer<'_>) -> bool {
    RootCertStore::empty().add(certificate.clone().into_owned()).is_ok()
}

/// TLS that trusts nobody: a machine without roots must still serve scripts of plain HTTP.
pub(super) fn config_without_roots() -> Result<ClientConfig, Error> {
    let builder = ClientConfig::builder_with_provider(crypto_provider());
    let builder = builder.with_safe_default_protocol_versions()?;
    Ok(with_alpn_and_sessions(
        builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth(),
    ))
}

fn with_alpn_and_sessions(mut config: ClientConfig) -> ClientConfig {
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    config.resumption = Resumption::store(Arc::new(TimedTlsSessions::default()));
    config
}

/// The one of the process, where another part of it has installed one.
fn crypto_provider() -> Arc<CryptoProvider> {
    let installed = CryptoProvider::get_default().cloned();
    installed.unwrap_or_else(|| Arc::new(rustls::crypto::ring::default_provider()))
}
