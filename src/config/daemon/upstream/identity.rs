//! `ca`, `certificate` and `key` of an `[upstream]` table.

use std::path::Path;

use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use serde_spanned::Spanned;

use super::certificate_check::{check_trusted, unreadable_client_certificate};
use crate::config::daemon::context::DaemonContext;
use crate::config::pem::{self, PemError};
use crate::config::read_error;
use crate::config::secret_file;
use crate::config::secrets;
use crate::config::value::TextOrList;
use crate::script::template::{BraceSyntax, Placeholder, TemplatePiece, parse_template};
use crate::web::tls::{TlsIdentity, TlsIdentityError, is_ca_certificate};

pub(super) type CaCertificates = Vec<CertificateDer<'static>>;

/// A certificate chain and its private key.
pub(super) type ClientCertificate = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

/// The certificates in all files of `ca`; `None` after an error.
pub(super) fn ca_certificates(
    context: DaemonContext<'_>,
    given: &TextOrList,
) -> Option<CaCertificates> {
    let files = given.as_slice().iter();
    let all: Vec<_> =
        files.filter_map(|file| ca_certificates_in(context, file)).flatten().collect();
    (!all.is_empty()).then_some(all)
}

fn ca_certificates_in(
    context: DaemonContext<'_>,
    given: &Spanned<String>,
) -> Option<CaCertificates> {
    let found = certificates(context, given)?;
    if !found.iter().all(is_ca_certificate) {
        let message =
            format!("`{}` contains an invalid certificate", context.path(given).display());
        context.file.error_with_help(given.span(), message, "copy the whole certificate again");
        return None;
    }
    check_trusted(context, given, &found);
    Some(found)
}

/// The client certificate. `None` if there is none, and after an error. A certificate and a key are needed together; if
/// one is missing, the file of the other is still checked.
pub(super) fn client_certificate(
    context: DaemonContext<'_>,
    certificate: Option<&Spanned<String>>,
    key: Option<&Spanned<String>>,
) -> Option<ClientCertificate> {
    match (certificate, key) {
        (Some(certificate), Some(key)) => matching_pair(context, certificate, key),
        (Some(certificate), None) => {
            let help = "add `key = \"client.key\"` or `key = \"{secret.NAME}\"`; the key can be in the \
                        same file";
            let message = "`certificate` needs `key`";
            context.file.error_with_help(certificate.span(), message, help);
            certificates(context, certificate);
            None
        }
        (None, Some(key)) => {
            let help = "add `certificate = \"client.pem\"`, with the intermediate certificates in the same file";
            context.file.error_with_help(key.span(), "`key` needs `certificate`", help);
            private_key(context, key);
            None
        }
        (None, None) => None,
    }
}

fn matching_pair(
    context: DaemonContext<'_>,
    certificate: &Spanned<String>,
    key: &Spanned<String>,
) -> Option<ClientCertificate> {
    let pair = (certificates(context, certificate), private_key(context, key));
    let (Some(chain), Some(private)) = pair else { return None };
    let identity =
        TlsIdentity { ca_certificates: Vec::new(), client_certificate: Some((chain, private)) };
    if let Err(mismatch) = identity.check() {
        let first = identity.client_certificate.as_ref().and_then(|(chain, _)| chain.first());
        report_mismatch(context, mismatch, (certificate, first), key);
        return None;
    }
    if let Some(warning) = identity.certificate_warning(UnixTime::now()) {
        let help = "replace it; until then, requests to this host may fail";
        context.file.warn(certificate.span(), format!("this certificate {warning}"), help);
    }
    identity.client_certificate
}

fn report_mismatch(
    context: DaemonContext<'_>,
    mismatch: TlsIdentityError,
    (certificate, content): (&Spanned<String>, Option<&CertificateDer<'_>>),
    key: &Spanned<String>,
) {
    let file = context.file;
    match mismatch {
        TlsIdentityError::InvalidCertificate => {
            let path = context.path(certificate);
            let (message, help) = unreadable_client_certificate(&path, content);
            file.error_with_help(certificate.span(), message, help);
        }
        TlsIdentityError::InvalidKey => {
            let help = "use RSA with 2048 to 4096 bits, ECDSA with P-256 or P-384, or Ed25519";
            file.error_with_help(key.span(), "unsupported type of key", help);
        }
        TlsIdentityError::KeyMismatch => {
            let label = (certificate.span(), "the first certificate in this file".to_owned());
            let message = "this key does not belong to the certificate".to_owned();
            let help = "name the key for which the certificate was issued; in a file of several \
                        certificates, its own must be the first";
            file.report(key.span(), message, Some(help.to_owned()), Some(label));
        }
    }
}

fn certificates(context: DaemonContext<'_>, given: &Spanned<String>) -> Option<CaCertificates> {
    let path = context.path(given);
    let content = content(context, given, &path)?;
    report_pem_error(context, given, &path, pem::certificates(&content))
}

/// Reads a key, which is a path or a single secret.
fn private_key(
    context: DaemonContext<'_>,
    given: &Spanned<String>,
) -> Option<PrivateKeyDer<'static>> {
    let (pieces, errors) = parse_template(given.get_ref(), BraceSyntax::Doubled);
    context.file.report_placeholder_errors(given, errors);
    match pieces.as_slice() {
        [(_, TemplatePiece::Placeholder(Placeholder::Secret(name)))] => {
            key_in_secret(context, given, name)
        }
        pieces if pieces.iter().all(|(_, piece)| matches!(piece, TemplatePiece::Text(_))) => {
            key_in_file(context, given)
        }
        _ => {
            let help = "write `key = \"client.key\"` or `key = \"{secret.NAME}\"`";
            context.file.error_with_help(
                given.span(),
                "`key` must be one file or one secret",
                help,
            );
            None
        }
    }
}

fn key_in_file(
    context: DaemonContext<'_>,
    given: &Spanned<String>,
) -> Option<PrivateKeyDer<'static>> {
    let path = context.path(given);
    let content = content(context, given, &path)?;
    if secret_file::is_open_to_all(&path) {
        let command = secret_file::closing_command(&path);
        let help = format!("run `{command}`: only the daemon's user needs to read it");
        context.file.warn(given.span(), "every user of this host can read this key", help);
    }
    report_pem_error(context, given, &path, pem::key(&content))
}

fn key_in_secret(
    context: DaemonContext<'_>,
    given: &Spanned<String>,
    name: &str,
) -> Option<PrivateKeyDer<'static>> {
    let file = context.file;
    let secret = context.secrets.value(name).map_err(|error| {
        secrets::report_unavailable(file, given.span(), name, error, "the key in PEM");
    });
    let key = pem::key(secret.ok()?.as_bytes()).map_err(|PemError { message, help }| {
        file.error_with_help(given.span(), format!("the secret `{name}`: {message}"), help);
    });
    key.ok()
}

fn content(context: DaemonContext<'_>, given: &Spanned<String>, path: &Path) -> Option<Vec<u8>> {
    let content = secret_file::read(path).map_err(|error| {
        let (reason, help) = read_error::explain(path, &error);
        let default = "name an existing file; a relative path starts in the folder of this file";
        let help = help.unwrap_or_else(|| default.to_owned());
        let message = format!("cannot read `{}`: {reason}", path.display());
        context.file.error_with_help(given.span(), message, help);
    });
    content.ok()
}

fn report_pem_error<T>(
    context: DaemonContext<'_>,
    given: &Spanned<String>,
    path: &Path,
    found: Result<T, PemError>,
) -> Option<T> {
    let found = found.map_err(|PemError { message, help }| {
        let message = format!("`{}`: {message}", path.display());
        context.file.error_with_help(given.span(), message, help);
    });
    found.ok()
}
