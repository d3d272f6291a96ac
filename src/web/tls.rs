//! Whom HTTPS trusts, and who we are to the other side.

use std::sync::Arc;

use rustls::client::{ClientConfig, Resumption, WebPkiServerVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{Error, RootCertStore};
use rustls_platform_verifier::Verifier;

use super::stopwatch::Sessions;

/// Whom we trust at a place, and the certificate that we show there. Without `Debug`: it holds a key.
#[derive(Default)]
pub struct Identity {
    /// Who signs the other side's certificate; empty is whomever the system trusts.
    pub authorities: Vec<CertificateDer<'static>>,
    /// Our certificate with those that lead from it to its authority, and its key.
    pub certificate: Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)>,
}

impl Identity {
    /// What rustls makes of it.
    ///
    /// # Errors
    ///
    /// When a certificate or the key is none, they don't belong together, or the system has no roots.
    pub fn config(&self) -> Result<ClientConfig, Error> {
        let provider = provider();
        let builder = ClientConfig::builder_with_provider(provider.clone());
        let builder = builder.with_safe_default_protocol_versions()?.dangerous();
        let builder = match self.authorities.as_slice() {
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
        Ok(finished(match &self.certificate {
            Some((chain, key)) => builder.with_client_auth_cert(chain.clone(), key.clone_key())?,
            None => builder.with_no_client_auth(),
        }))
    }
}

/// TLS that trusts nobody: a machine without roots must still serve scripts of plain HTTP.
pub(super) fn trusting_nobody() -> Result<ClientConfig, Error> {
    let builder = ClientConfig::builder_with_provider(provider());
    let builder = builder.with_safe_default_protocol_versions()?;
    Ok(finished(builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth()))
}

fn finished(mut config: ClientConfig) -> ClientConfig {
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    config.resumption = Resumption::store(Arc::new(Sessions::default()));
    config
}

/// The one of the process, where another part of it has installed one.
fn provider() -> Arc<CryptoProvider> {
    let installed = CryptoProvider::get_default().cloned();
    installed.unwrap_or_else(|| Arc::new(rustls::crypto::ring::default_provider()))
}
