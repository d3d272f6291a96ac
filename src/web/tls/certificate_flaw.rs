//! Why a certificate is rejected, in plain words, and what to do about it.

use std::fmt;

use rustls::pki_types::UnixTime;
use rustls::{CertificateError, Error};

use super::certificate_facts::{CertificateFacts, CertificateTime};

/// What a certificate lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CertificateFlaw {
    /// Not a certificate, or one with a syntax error.
    Unreadable,
    /// X.509 version 1 or 2. These have no extensions, so no subjectAltName either.
    OldVersion(u32),
    NoSubjectAltName,
    /// With the names that it is for.
    OtherName(String),
    Expired(CertificateTime),
    NotValidYet(CertificateTime),
    /// The certificate of its issuer, which the server sends too, is outside of its validity period.
    IssuerNotValid,
    UnusableKey(String),
    /// With the name of the digest.
    OldSignature(&'static str),
    /// It may issue certificates, so it can't be that of a server.
    IsCa,
    /// It is in `ca`, and has name constraints.
    LimitsNames,
    /// Self-signed, and none of the trusted ones.
    SelfSigned,
    UnknownIssuer,
    /// Its extended key usage leaves out servers.
    OtherPurpose,
    /// Any other reason, in the words of the TLS library.
    Other(String),
}

impl fmt::Display for CertificateFlaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable => f.write_str("cannot be read"),
            Self::OldVersion(version) => {
                write!(f, "is X.509 version {version}, which has no subjectAltName")
            }
            Self::NoSubjectAltName => f.write_str("has no subjectAltName"),
            Self::OtherName(names) => write!(f, "is for another host name: for {names}"),
            Self::Expired(date) => write!(f, "expired on {date}"),
            Self::NotValidYet(date) => write!(f, "is not valid before {date}"),
            Self::IssuerNotValid => {
                f.write_str("has an issuer whose certificate has expired, or is not valid yet")
            }
            Self::UnusableKey(reason) => write!(f, "cannot be used: {reason}"),
            Self::OldSignature(digest) => {
                write!(f, "is signed with {digest}, which is no longer safe")
            }
            Self::IsCa => f.write_str("is that of a certificate authority (CA:TRUE)"),
            Self::LimitsNames => {
                f.write_str("has name constraints, so it is trusted only for what it has issued")
            }
            Self::SelfSigned => f.write_str("is self-signed, and is not in `ca`"),
            Self::UnknownIssuer => f.write_str("was not issued by a trusted CA"),
            Self::OtherPurpose => f.write_str("is not for servers (its extendedKeyUsage)"),
            Self::Other(reason) => write!(f, "was rejected: {reason}"),
        }
    }
}

impl CertificateFlaw {
    /// Whether a new certificate is needed. If not, `ca` or what the server sends besides has to change.
    fn needs_new_certificate(&self) -> bool {
        use CertificateFlaw as F;
        !matches!(self, F::SelfSigned | F::UnknownIssuer | F::IssuerNotValid | F::Other(_))
    }

    /// Whether a certificate with this flaw is trusted if it is itself in `ca`.
    fn is_no_matter_for_pinned(&self) -> bool {
        use CertificateFlaw as F;
        matches!(
            self,
            F::OldVersion(_) | F::NoSubjectAltName | F::IsCa | F::SelfSigned | F::UnknownIssuer
        )
    }
}

/// All flaws of a certificate that was rejected with `error`: first the one that `error` names.
pub(super) fn flaws(
    facts: Option<&CertificateFacts>,
    error: &Error,
    now: UnixTime,
) -> Vec<CertificateFlaw> {
    let Some(facts) = facts else { return vec![CertificateFlaw::Unreadable] };
    let mut flaws = vec![rejected_for(facts, error, now)];
    for own in own_flaws(facts, now) {
        if !flaws.contains(&own) {
            flaws.push(own);
        }
    }
    flaws
}

/// The flaws that a certificate shows by itself, whoever has issued it.
pub(crate) fn own_flaws(facts: &CertificateFacts, now: UnixTime) -> Vec<CertificateFlaw> {
    let lacks_names = facts.names.is_empty();
    let found = [
        (facts.version < 3).then_some(CertificateFlaw::OldVersion(facts.version)),
        (lacks_names && facts.version >= 3).then_some(CertificateFlaw::NoSubjectAltName),
        (!facts.not_after.is_after(now)).then_some(CertificateFlaw::Expired(facts.not_after)),
        facts.not_before.is_after(now).then_some(CertificateFlaw::NotValidYet(facts.not_before)),
        facts.unusable_key.clone().map(CertificateFlaw::UnusableKey),
    ];
    found.into_iter().flatten().collect()
}

fn rejected_for(facts: &CertificateFacts, error: &Error, now: UnixTime) -> CertificateFlaw {
    use CertificateError as E;
    let Error::InvalidCertificate(error) = error else {
        return CertificateFlaw::Other(error.to_string());
    };
    match error {
        E::NotValidForName | E::NotValidForNameContext { .. } if facts.names.is_empty() => {
            CertificateFlaw::NoSubjectAltName
        }
        E::NotValidForName | E::NotValidForNameContext { .. } => {
            CertificateFlaw::OtherName(facts.shown_names())
        }
        E::Expired | E::ExpiredContext { .. } => match facts.not_after.is_after(now) {
            true => CertificateFlaw::IssuerNotValid,
            false => CertificateFlaw::Expired(facts.not_after),
        },
        E::NotValidYet | E::NotValidYetContext { .. } => match facts.not_before.is_after(now) {
            true => CertificateFlaw::NotValidYet(facts.not_before),
            false => CertificateFlaw::IssuerNotValid,
        },
        E::UnknownIssuer if facts.is_self_signed => CertificateFlaw::SelfSigned,
        E::UnknownIssuer => CertificateFlaw::UnknownIssuer,
        E::InvalidPurpose | E::InvalidPurposeContext { .. } => CertificateFlaw::OtherPurpose,
        error => rejected_by_content(facts, error),
    }
}

/// The errors of which the TLS library shows only its own code.
fn rejected_by_content(facts: &CertificateFacts, error: &CertificateError) -> CertificateFlaw {
    match (&facts.unusable_key, facts.old_signature, error) {
        _ if facts.version < 3 => CertificateFlaw::OldVersion(facts.version),
        (Some(reason), _, _) => CertificateFlaw::UnusableKey(reason.clone()),
        (None, Some(digest), _) => CertificateFlaw::OldSignature(digest),
        (None, None, CertificateError::BadSignature) => {
            CertificateFlaw::Other("the signature of its issuer is wrong".to_owned())
        }
        (None, None, CertificateError::Other(_)) if facts.is_self_signed => {
            CertificateFlaw::SelfSigned
        }
        (None, None, CertificateError::Other(_)) if facts.is_ca => CertificateFlaw::IsCa,
        _ => CertificateFlaw::Other(error.to_string()),
    }
}

/// What to do about the flaws: commands that make a right certificate, or that get the one to trust.
/// `server` is its host and its port.
pub(super) fn remedy(
    facts: Option<&CertificateFacts>,
    flaws: &[CertificateFlaw],
    server: &str,
) -> String {
    let host = server.rsplit_once(':').map_or(server, |(host, _)| host);
    if !flaws.iter().any(CertificateFlaw::needs_new_certificate) {
        return format!(
            "name the file of its issuer, or of this certificate, as `ca` of [upstream.\"{host}\"]; to get \
             this one: openssl s_client -connect {server} </dev/null | openssl x509 -out server.pem (compare its \
             fingerprint with that on the server); if its issuer is trusted already, let the server send its \
             present intermediate certificates too"
        );
    }
    let new = format!("make a new certificate: {}", openssl_command(facts));
    match flaws.iter().all(CertificateFlaw::is_no_matter_for_pinned) {
        true => {
            format!("{new}; or name the file of this certificate as `ca` of [upstream.\"{host}\"]")
        }
        false => new,
    }
}

/// The command that makes a self-signed certificate, or one of the same issuer.
pub(crate) fn openssl_command(facts: Option<&CertificateFacts>) -> String {
    let host = facts.and_then(CertificateFacts::host_in_common_name).unwrap_or("HOST");
    let kind = if host.parse::<std::net::IpAddr>().is_ok() { "IP" } else { "DNS" };
    let self_signed = facts.is_none_or(|facts| facts.is_self_signed);
    let by_issuer = if self_signed { "" } else { " -CA ca.pem -CAkey ca.key" };
    format!(
        "openssl req -x509{by_issuer} -newkey rsa:2048 -nodes -days 365 -subj /CN={host} \
         -addext subjectAltName={kind}:{host} -addext basicConstraints=critical,CA:FALSE \
         -keyout server.key -out server.pem"
    )
}
