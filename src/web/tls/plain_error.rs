//! Short texts for the TLS errors that an administrator can fix.

use rustls::{
    AlertDescription, CertificateError, Error, InvalidMessage, OtherError, PeerIncompatible,
};

use super::server_verifier::ServerCertificateError;

const NO_COMMON_ENCRYPTION: &str = "it has no encryption in common with us: it needs TLS 1.3, or TLS 1.2 with ECDHE \
                                    and AES-GCM or ChaCha20, not RSA key exchange";
/// With TLS 1.2 the alert does not tell the two apart.
const HANDSHAKE_REFUSED: &str = "it refused the handshake: it needs TLS 1.3, or TLS 1.2 with ECDHE and AES-GCM or \
                                 ChaCha20, not RSA key exchange; or it requires a client certificate";
const OLD_TLS: &str = "it has no TLS version in common with us: it needs TLS 1.2 or 1.3";

/// The text of a TLS error. `None` if the text of the TLS library is good enough.
pub(crate) fn plain_error(error: &Error) -> Option<String> {
    if let Some(rejected) = certificate_error(error) {
        return Some(rejected.to_string());
    }
    Some(plain_text(error)?.to_owned())
}

/// The reason for which the certificate of a server was rejected.
pub(crate) fn certificate_error(error: &Error) -> Option<&ServerCertificateError> {
    match error {
        Error::InvalidCertificate(CertificateError::Other(OtherError(inner))) => {
            inner.downcast_ref()
        }
        _ => None,
    }
}

fn plain_text(error: &Error) -> Option<&'static str> {
    use AlertDescription::{
        AccessDenied, BadCertificate, CertificateExpired, CertificateRequired, CertificateRevoked,
        CertificateUnknown, HandshakeFailure, InsufficientSecurity, ProtocolVersion, UnknownCA,
        UnrecognisedName, UnsupportedCertificate,
    };
    Some(match error {
        // The text of the library contains the host name, which may come from a sensitive value.
        Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => "its certificate is for another host name",
        Error::InvalidCertificate(CertificateError::BadSignature) => {
            "its signature of the handshake is wrong"
        }
        Error::AlertReceived(CertificateRequired) => "it requires a client certificate",
        Error::AlertReceived(
            BadCertificate
            | UnknownCA
            | UnsupportedCertificate
            | CertificateUnknown
            | CertificateRevoked
            | AccessDenied,
        ) => "it rejected our client certificate",
        Error::AlertReceived(CertificateExpired) => {
            "it says that our client certificate has expired"
        }
        Error::AlertReceived(HandshakeFailure) => HANDSHAKE_REFUSED,
        Error::AlertReceived(InsufficientSecurity) => NO_COMMON_ENCRYPTION,
        Error::AlertReceived(ProtocolVersion) => OLD_TLS,
        Error::AlertReceived(UnrecognisedName) => "it does not know this host name",
        Error::PeerIncompatible(reason) => incompatible(reason)?,
        Error::InvalidMessage(
            InvalidMessage::InvalidContentType | InvalidMessage::UnknownProtocolVersion,
        ) => "it does not speak TLS on this port",
        _ => return None,
    })
}

fn incompatible(reason: &PeerIncompatible) -> Option<&'static str> {
    use PeerIncompatible as P;
    match reason {
        P::ServerDoesNotSupportTls12Or13 | P::ServerTlsVersionIsDisabledByOurConfig => {
            Some(OLD_TLS)
        }
        P::NoCipherSuitesInCommon
        | P::NoEcPointFormatsInCommon
        | P::NoKxGroupsInCommon
        | P::NoSignatureSchemesInCommon => Some(NO_COMMON_ENCRYPTION),
        _ => None,
    }
}
