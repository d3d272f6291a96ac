//! Keys that do not exist, but that people know from other programs. Tables explain what to write instead.

/// Names for TLS without verification of the certificate.
pub(crate) const UNVERIFIED_TLS: &[&str] = &[
    "insecure",
    "insecure_skip_verify",
    "skip_verify",
    "verify",
    "verify_tls",
    "verify_ssl",
    "tls_verify",
    "ssl_verify",
    "allow_invalid_certs",
    "ssl",
    "tls",
];
