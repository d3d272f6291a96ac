//! Certificates and keys in PEM. Errors never quote the content: it can be a private key in place of a certificate.

use rustls::pki_types::pem::{Error, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PemError {
    pub(crate) message: &'static str,
    pub(crate) help: &'static str,
}

const NO_CERTIFICATE: PemError = PemError {
    message: "no certificate found",
    help: "a PEM certificate begins with `-----BEGIN CERTIFICATE-----`; convert one from DER with \
           `openssl x509 -inform der -in FILE`",
};
const NO_KEY: PemError = PemError {
    message: "no private key found",
    help: "a PEM key begins with `-----BEGIN PRIVATE KEY-----`",
};
const ENCRYPTED: PemError = PemError {
    message: "the private key is encrypted with a passphrase",
    help: "decrypt it with `openssl pkey -in FILE`, and make the result readable only for the daemon's user",
};
const SEVERAL: PemError = PemError {
    message: "several private keys found",
    help: "keep only the key of the certificate",
};
const DAMAGED: PemError = PemError {
    message: "the PEM text is damaged",
    help: "copy the whole text again, from `-----BEGIN …-----` to `-----END …-----`, each on its own line",
};

/// All certificates in a text, at least one.
pub(crate) fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, PemError> {
    match all(pem)? {
        none if none.is_empty() => Err(NO_CERTIFICATE),
        certificates => Ok(certificates),
    }
}

/// The only private key in a text.
pub(crate) fn key(pem: &[u8]) -> Result<PrivateKeyDer<'static>, PemError> {
    let markers: [&[u8]; 2] = [b"-----BEGIN ENCRYPTED PRIVATE KEY-----", b"Proc-Type: 4,ENCRYPTED"];
    if markers.iter().any(|marker| pem.windows(marker.len()).any(|part| part == *marker)) {
        return Err(ENCRYPTED);
    }
    let mut keys = all(pem)?;
    match (keys.pop(), keys.is_empty()) {
        (None, _) => Err(NO_KEY),
        (Some(key), true) => Ok(key),
        (Some(_), false) => Err(SEVERAL),
    }
}

fn all<T: PemObject>(pem: &[u8]) -> Result<Vec<T>, PemError> {
    let all = T::pem_slice_iter(pem).collect::<Result<_, Error>>();
    all.map_err(|_| DAMAGED)
}
