//! What the certificates in the files of `[upstream]` show before any connection is opened.

use rustls::pki_types::{CertificateDer, UnixTime};
use serde_spanned::Spanned;

use crate::config::daemon::context::DaemonContext;
use crate::web::tls::{CertificateFacts, CertificateFlaw, openssl_command, own_flaws};

/// Warns of certificates in `ca` with which requests would fail.
pub(super) fn check_trusted(
    context: DaemonContext<'_>,
    given: &Spanned<String>,
    certificates: &[CertificateDer<'_>],
) {
    for facts in certificates.iter().filter_map(|certificate| CertificateFacts::read(certificate)) {
        for flaw in own_flaws(&facts, UnixTime::now()) {
            let help = match flaw {
                // Neither is needed: an issuer has no host name, and for a server its common name is taken.
                CertificateFlaw::OldVersion(_) | CertificateFlaw::NoSubjectAltName => continue,
                CertificateFlaw::UnusableKey(_) => {
                    format!("requests to this host will fail; {}", new_certificate(&facts))
                }
                _ => "replace it: as the certificate of a server it is rejected".to_owned(),
            };
            context.file.warn(given.span(), format!("`{}` {flaw}", facts.subject), help);
        }
    }
}

fn new_certificate(facts: &CertificateFacts) -> String {
    format!("make a new certificate, for example: {}", openssl_command(Some(facts)))
}

/// The message about a client certificate that the TLS library can't read, and its help.
pub(super) fn unreadable_client_certificate(
    path: &std::path::Path,
    certificate: Option<&CertificateDer<'_>>,
) -> (String, &'static str) {
    let facts = certificate.and_then(|certificate| CertificateFacts::read(certificate));
    let path = path.display();
    match facts.filter(|facts| facts.version < 3) {
        Some(facts) => (
            format!("the certificate in `{path}` is X.509 version {}", facts.version),
            "make one of version 3: run `openssl x509 -req` with `-extfile FILE`, where FILE contains the line \
             `extendedKeyUsage=clientAuth`",
        ),
        None => (
            format!("`{path}` contains an invalid certificate"),
            "copy the whole certificate again",
        ),
    }
}
