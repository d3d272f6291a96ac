//! What a certificate says about itself. The text in it is hostile: it is shortened, and control characters are escaped.

use std::fmt;
use std::net::IpAddr;
use std::time::{Duration, UNIX_EPOCH};

use data_encoding::HEXLOWER;
use ring::digest::{SHA256, digest};
use rustls::pki_types::UnixTime;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer;
use x509_parser::public_key::PublicKey;
use x509_parser::x509::X509Version;

/// The most characters of a name that are shown, and the most names in a list.
const MAX_NAME_LENGTH: usize = 120;
const MAX_NAMES: usize = 6;

/// The limits of ring (`rsa/verification.rs`), which verifies signatures.
const MIN_RSA_BITS: usize = 2048;
const MAX_RSA_BITS: usize = 8192;

/// The x509-parser library knows no Ed25519 keys, so they are recognized by the identifier of their algorithm.
const OID_ED25519: &str = "1.3.101.112";

/// Signatures of certificates that are no longer safe.
const OLD_SIGNATURES: [(&str, &str); 4] = [
    ("1.2.840.113549.1.1.4", "MD5"),
    ("1.2.840.113549.1.1.5", "SHA-1"),
    ("1.2.840.10045.4.1", "SHA-1"),
    ("1.2.840.10040.4.3", "SHA-1"),
];

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CertificateFacts {
    pub(crate) subject: String,
    pub(crate) issuer: String,
    /// SHA-256 of the whole certificate, in hexadecimal.
    pub(crate) fingerprint: String,
    pub(crate) not_before: CertificateTime,
    pub(crate) not_after: CertificateTime,
    /// The host names and IP addresses in its subjectAltName.
    pub(crate) names: Vec<String>,
    pub(crate) common_name: Option<String>,
    /// 1 to 3.
    pub(crate) version: u32,
    pub(crate) is_ca: bool,
    pub(crate) is_self_signed: bool,
    /// Whether it limits the names for which it may issue certificates.
    pub(crate) limits_names: bool,
    /// Why its public key can't be used.
    pub(crate) unusable_key: Option<String>,
    /// The name of the digest that its issuer signed, if that digest is not safe.
    pub(crate) old_signature: Option<&'static str>,
    /// The public key in DER (`SubjectPublicKeyInfo`).
    pub(crate) public_key: Vec<u8>,
}

/// A time in a certificate, in seconds since 1970. `Display` shows the date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct CertificateTime(i64);

impl CertificateTime {
    pub(crate) fn is_after(self, now: UnixTime) -> bool {
        i64::try_from(now.as_secs()).is_ok_and(|now| self.0 > now)
    }
}

impl fmt::Display for CertificateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Years after 9999 can't be formatted.
        let seconds = u64::try_from(self.0).unwrap_or(0).min(253_402_300_799);
        let time = humantime::format_rfc3339_seconds(UNIX_EPOCH + Duration::from_secs(seconds));
        f.write_str(time.to_string().split('T').next().unwrap_or_default())
    }
}

impl CertificateFacts {
    /// `None` if this is not a certificate.
    pub(crate) fn read(der: &[u8]) -> Option<Self> {
        let (_, certificate) = X509Certificate::from_der(der).ok()?;
        let common_name = certificate.subject().iter_common_name().next();
        let oid = certificate.signature_algorithm.algorithm.to_id_string();
        Some(Self {
            subject: safe_text(&certificate.subject().to_string()),
            issuer: safe_text(&certificate.issuer().to_string()),
            fingerprint: HEXLOWER.encode(digest(&SHA256, der).as_ref()),
            not_before: CertificateTime(certificate.validity().not_before.timestamp()),
            not_after: CertificateTime(certificate.validity().not_after.timestamp()),
            names: names(&certificate),
            common_name: common_name.and_then(|name| name.as_str().ok()).map(safe_text),
            version: version(certificate.version()),
            is_ca: certificate.is_ca(),
            is_self_signed: certificate.subject().as_raw() == certificate.issuer().as_raw(),
            limits_names: !matches!(certificate.name_constraints(), Ok(None)),
            unusable_key: unusable_key(&certificate),
            old_signature: OLD_SIGNATURES
                .iter()
                .find(|(old, _)| *old == oid)
                .map(|(_, name)| *name),
            public_key: certificate.public_key().raw.to_vec(),
        })
    }

    /// The names that it is for, such as "shop.example and 10.0.0.5".
    pub(crate) fn shown_names(&self) -> String {
        let more = self.names.len().saturating_sub(MAX_NAMES);
        let mut shown: Vec<_> = self.names.iter().take(MAX_NAMES).cloned().collect();
        if more > 0 {
            shown.push(format!("{more} more"));
        }
        match shown.split_last() {
            Some((last, [])) => last.clone(),
            Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
            None => String::new(),
        }
    }

    /// Its common name, if it can be a host name or an IP address: nothing else may stand in a command that people
    /// copy.
    pub(crate) fn host_in_common_name(&self) -> Option<&str> {
        let name = self.common_name.as_deref()?;
        let is_plain = |name: &str| {
            name.bytes().all(|b| b.is_ascii_alphanumeric() || b".-".contains(&b))
                && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        };
        (is_plain(name) || name.parse::<IpAddr>().is_ok()).then_some(name)
    }
}

/// In a certificate, version 3 is the number 2.
fn version(X509Version(number): X509Version) -> u32 {
    number.saturating_add(1)
}

fn names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(extension)) = certificate.subject_alternative_name() else { return Vec::new() };
    let names = extension.value.general_names.iter().filter_map(|name| match name {
        GeneralName::DNSName(name) => Some(safe_text(name)),
        GeneralName::IPAddress(bytes) => ip_address(bytes).map(|address| address.to_string()),
        _ => None,
    });
    names.collect()
}

fn ip_address(bytes: &[u8]) -> Option<IpAddr> {
    let v4 = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
    v4.or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from)).ok()
}

fn unusable_key(certificate: &X509Certificate<'_>) -> Option<String> {
    let info = certificate.public_key();
    match info.parsed() {
        Ok(PublicKey::RSA(key)) => match key.key_size() {
            bits @ ..MIN_RSA_BITS => {
                Some(format!("its RSA key has only {bits} bits, and needs {MIN_RSA_BITS}"))
            }
            bits @ MAX_RSA_BITS.. if bits > MAX_RSA_BITS => {
                Some(format!("its RSA key has {bits} bits, and may have {MAX_RSA_BITS}"))
            }
            _ => None,
        },
        Ok(PublicKey::EC(_)) => {
            // P-256 and P-384.
            let curves = ["1.2.840.10045.3.1.7", "1.3.132.0.34"];
            let curve = info.algorithm.parameters.as_ref().and_then(|any| any.as_oid().ok());
            let is_known = curve.is_some_and(|curve| curves.contains(&&*curve.to_id_string()));
            (!is_known).then(|| "its key is on a curve other than P-256 and P-384".to_owned())
        }
        _ if info.algorithm.algorithm.to_id_string() == OID_ED25519 => None,
        _ => Some("its key is neither RSA nor ECDSA nor Ed25519".to_owned()),
    }
}

/// A text with escaped control characters, and of bounded length.
fn safe_text(text: &str) -> String {
    let mut safe: String = text.chars().take(MAX_NAME_LENGTH).flat_map(escaped).collect();
    if text.chars().nth(MAX_NAME_LENGTH).is_some() {
        safe.push('…');
    }
    safe
}

/// `escape_debug` escapes quotes as well, which are harmless here.
fn escaped(char: char) -> impl Iterator<Item = char> {
    let quote = matches!(char, '"' | '\'').then_some(char);
    let escaped = quote.is_none().then(|| char.escape_debug()).into_iter().flatten();
    quote.into_iter().chain(escaped)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
