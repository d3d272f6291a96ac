//! Certificates and keys as PEM. Nothing of what is in a file is ever told: a key may lie where a certificate should.

use rustls::pki_types::pem::{Error, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// What is wrong with one, and the way out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PemError {
    pub(crate) what: &'static str,
    pub(crate) help: &'static str,
}

const NO_CERTIFICATE: PemError = PemError {
    what: "there is no certificate in it",
    help: "one in PEM begins with `-----BEGIN CERTIFICATE-----`; `openssl x509 -inform der -in FILE` makes it of DER",
};
const NO_KEY: PemError = PemError {
    what: "there is no private key in it",
    help: "one in PEM begins with `-----BEGIN PRIVATE KEY-----`",
};
const LOCKED: PemError = PemError {
    what: "this key is locked by a passphrase, which nobody could enter",
    help: "`openssl pkey -in FILE` takes it off; let only the daemon's user read what comes out",
};
const SEVERAL: PemError = PemError {
    what: "there are several private keys in it",
    help: "leave the one of the certificate",
};
const BROKEN: PemError = PemError {
    what: "its PEM is broken",
    help: "copy it again, whole: from `-----BEGIN …-----` to `-----END …-----`, each on a line of its own",
};

/// All certificates of a text; there is one at least.
pub(crate) fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, PemError> {
    match all(pem)? {
        none if none.is_empty() => Err(NO_CERTIFICATE),
        certificates => Ok(certificates),
    }
}

/// The one key of a text.
pub(crate) fn key(pem: &[u8]) -> Result<PrivateKeyDer<'static>, PemError> {
    let locked: [&[u8]; 2] = [b"-----BEGIN ENCRYPTED PRIVATE KEY-----", b"Proc-Type: 4,ENCRYPTED"];
    if locked.iter().any(|sign| pem.windows(sign.len()).any(|part| part == *sign)) {
        return Err(LOCKED);
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
    all.map_err(|_| BROKEN)
}
