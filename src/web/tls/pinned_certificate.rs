//! A certificate that is itself in `ca`: what is verified of it, and the signatures of its key.
//!
//! The TLS library accepts no self-signed certificate that may issue others, and none of X.509 version 1. On private
//! networks both are common. A certificate that an administrator has named is trusted as it is, if
//!
//! - it is within its validity period,
//! - it is for the host: by its subjectAltName, or by its common name if it has none,
//! - the server proves in the handshake that it has the private key.
//!
//! This gives nobody more power: the owner of any certificate in `ca` could issue one for every host. The exception is a
//! certificate with name constraints, which is trusted only for what it has issued.

use std::net::IpAddr;

use rustls::client::danger::HandshakeSignatureValid;
use rustls::client::verify_server_name;
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls13_signature_with_raw_key};
use rustls::pki_types::{
    CertificateDer, ServerName, SignatureVerificationAlgorithm, SubjectPublicKeyInfoDer, UnixTime,
};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error};
use webpki::RawPublicKeyEntity;

use super::certificate_facts::CertificateFacts;
use super::certificate_flaw::{CertificateFlaw, own_flaws};

/// Why a certificate in `ca` is rejected nevertheless.
pub(super) fn pinned_flaws(
    facts: &CertificateFacts,
    certificate: &CertificateDer<'_>,
    server_name: &ServerName<'_>,
    now: UnixTime,
) -> Vec<CertificateFlaw> {
    if facts.limits_names {
        return vec![CertificateFlaw::LimitsNames];
    }
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
pub(super) fn verify_tls12_signature(
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
    let is_valid = |algorithm: &dyn SignatureVerificationAlgorithm| {
        key.verify_signature(algorithm, message, signature.signature()).is_ok()
    };
    match algorithms.any(|algorithm| is_valid(*algorithm)) {
        true => Ok(HandshakeSignatureValid::assertion()),
        false => Err(CertificateError::BadSignature.into()),
    }
}

pub(super) fn verify_tls13_signature(
    message: &[u8],
    certificate: &CertificateDer<'_>,
    signature: &DigitallySignedStruct,
    algorithms: &WebPkiSupportedAlgorithms,
) -> Result<HandshakeSignatureValid, Error> {
    let key = public_key(certificate)?;
    verify_tls13_signature_with_raw_key(message, &key, signature, algorithms)
}
