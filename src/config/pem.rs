//! Certificates and keys in PEM. Errors never quote the content: it can be a private key in place of a certificate.

use rustls::pki_types::pem::{Error, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PemError {
    pub(crate) message: &'static str,
    pub(crate) help: &'static str,
}

const NO_CERTIFICATE: PemError = PemError {
    message: "there is no certificate in it",
    help: "one in PEM begins with `-----BEGIN CERTIFICATE-----`; `openssl x509 -inform der -in FILE` makes it of DER",
};
const NO_KEY: PemError = PemError {
    message: "there is no private key in it",
    help: "one in PEM begins with `-----BEGIN PRIVATE KEY-----`",
};
const ENCRYPTED: PemError = PemError {
    message: "this key is locked by a passphrase, which nobody could enter",
    help: "`openssl pkey -in FILE` takes it off; let only the daemon's user read what comes out",
};
const SEVERAL: PemError = PemError {
    message: "there are several private keys in it",
    help: "leave the one of the certificate",
};
const DAMAGED: PemError = PemError {
    message: "its PEM is broken",
    help: "copy it again, whole: from `-----BEGIN …-----` to `-----END …-----`, each on a line of its own",
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
