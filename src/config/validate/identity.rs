//! Whom we trust at a place, and who we are there: files that are read and held against each other.

use std::path::Path;

use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use serde_spanned::Spanned;

use super::upstream::Upstreams;
use crate::config::beside;
use crate::config::pem::{self, NoPem};
use crate::config::raw::{Texts, upstream as raw};
use crate::script::template::{BraceSyntax, Placeholder, TemplatePiece, parse_template};
use crate::web::tls::{TlsIdentity, TlsIdentityError, is_ca_certificate};

/// Certificates of those who sign the other side's.
pub(super) type Authorities = Vec<CertificateDer<'static>>;
/// A certificate with those that lead from it to its authority, and its key.
pub(super) type Pair = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

impl Upstreams<'_> {
    pub(super) fn authorities(self, given: &Texts) -> Option<Authorities> {
        let files = given.as_slice().iter();
        let all: Vec<_> = files.filter_map(|file| self.authorities_in(file)).flatten().collect();
        (!all.is_empty()).then_some(all)
    }

    fn authorities_in(self, given: &Spanned<String>) -> Option<Authorities> {
        let found = self.certificates(given)?;
        if !found.iter().all(is_ca_certificate) {
            let what = format!("a certificate in `{}` is none", self.path(given).display());
            self.file.fault_help(given.span(), what, "copy it again, whole");
            return None;
        }
        Some(found)
    }

    /// The certificate and the key of a table, which need each other.
    pub(super) fn pair(self, raw: &raw::Upstream) -> Option<Pair> {
        let (given, key) = match (&raw.certificate, &raw.key) {
            (None, None) => return None,
            (Some(certificate), None) => {
                let help = "add `key = \"client.key\"` or `key = \"{secret.NAME}\"`; it may be in the \
                            same file";
                self.file.fault_help(certificate.span(), "this certificate has no `key`", help);
                self.certificates(certificate);
                return None;
            }
            (None, Some(key)) => {
                let help =
                    "add `certificate = \"client.pem\"`: it, and those that lead to its authority";
                self.file.fault_help(key.span(), "this key has no `certificate`", help);
                self.key(key);
                return None;
            }
            (Some(certificate), Some(key)) => (certificate, key),
        };
        let pair = (self.certificates(given), self.key(key));
        let (Some(chain), Some(private)) = pair else { return None };
        let identity =
            TlsIdentity { ca_certificates: Vec::new(), client_certificate: Some((chain, private)) };
        self.check(&identity, given, key).then_some(identity.client_certificate).flatten()
    }

    /// Whether a certificate and a key belong together. One that is out of date is told of.
    fn check(
        self,
        identity: &TlsIdentity,
        certificate: &Spanned<String>,
        key: &Spanned<String>,
    ) -> bool {
        if let Err(mismatch) = identity.check() {
            self.mismatch(mismatch, certificate, key);
            return false;
        }
        if let Some(what) = identity.certificate_warning(UnixTime::now()) {
            let help =
                "ask whoever issued it for another; requests to this host may fail until then";
            self.file.warn(certificate.span(), format!("this certificate {what}"), help);
        }
        true
    }

    fn mismatch(self, why: TlsIdentityError, certificate: &Spanned<String>, key: &Spanned<String>) {
        match why {
            TlsIdentityError::InvalidCertificate => {
                let what =
                    format!("the certificate in `{}` is none", self.path(certificate).display());
                self.file.fault_help(certificate.span(), what, "copy it again, whole");
            }
            TlsIdentityError::InvalidKey => {
                let help = "RSA, ECDSA by P-256 or P-384, and Ed25519 can";
                self.file.fault_help(key.span(), "no key of this kind can be used", help);
            }
            TlsIdentityError::KeyMismatch => {
                let label = (certificate.span(), "the first one in this file".to_owned());
                let what = "this key does not belong to the certificate".to_owned();
                let help = "name the key that the certificate was asked for with; its own certificate \
                            stands first in a file of several";
                self.file.push(key.span(), what, Some(help.to_owned()), Some(label));
            }
        }
    }

    fn certificates(self, given: &Spanned<String>) -> Option<Authorities> {
        let path = self.path(given);
        let content = self.content(given, &path)?;
        self.told(given, &path, pem::certificates(&content))
    }

    fn key(self, given: &Spanned<String>) -> Option<PrivateKeyDer<'static>> {
        let (pieces, problems) = parse_template(given.get_ref(), BraceSyntax::Doubled);
        for problem in problems {
            let at = self.file.inside(given, problem.range);
            self.file.push(at, problem.message, problem.help, None);
        }
        match pieces.as_slice() {
            [(_, TemplatePiece::Placeholder(Placeholder::Secret(name)))] => {
                self.secret_key(given, name)
            }
            pieces if pieces.iter().all(|(_, piece)| matches!(piece, TemplatePiece::Text(_))) => {
                let path = self.path(given);
                let content = self.content(given, &path)?;
                if beside::is_open_to_all(&path) {
                    let help =
                        format!("`chmod o= {}`: the daemon's user needs it alone", path.display());
                    self.file.warn(given.span(), "every user of this host can read this key", help);
                }
                self.told(given, &path, pem::key(&content))
            }
            _ => {
                let help = "write `key = \"client.key\"` or `key = \"{secret.NAME}\"`";
                self.file.fault_help(given.span(), "a key is one file, or one secret", help);
                None
            }
        }
    }

    fn secret_key(self, given: &Spanned<String>, name: &str) -> Option<PrivateKeyDer<'static>> {
        let secret = self.secrets.value(name).map_err(|reason| {
            let help = "write the key, as PEM, into that file";
            self.file.fault_help(given.span(), format!("no secret `{name}`: {reason}"), help);
        });
        let key = pem::key(secret.ok()?.as_bytes()).map_err(|NoPem { what, help }| {
            self.file.fault_help(given.span(), format!("the secret `{name}`: {what}"), help);
        });
        key.ok()
    }

    fn content(self, given: &Spanned<String>, path: &Path) -> Option<Vec<u8>> {
        let content = beside::read(path).map_err(|error| {
            let help =
                "let the daemon's user read it; a relative path begins at the folder of this file";
            let what = format!("`{}` can't be read: {error}", path.display());
            self.file.fault_help(given.span(), what, help);
        });
        content.ok()
    }

    fn told<T>(self, given: &Spanned<String>, path: &Path, found: Result<T, NoPem>) -> Option<T> {
        let found = found.map_err(|NoPem { what, help }| {
            self.file.fault_help(given.span(), format!("`{}`: {what}", path.display()), help);
        });
        found.ok()
    }
}
