//! Damaged and hostile certificates.

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::{CertificateFacts, MAX_NAME_LENGTH, safe_text};

fn certificate(name: &str) -> CertificateDer<'static> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/web/tls/private/");
    CertificateDer::from_pem_file(format!("{folder}{name}")).unwrap()
}

#[test]
fn a_damaged_certificate_is_read_or_refused() {
    for name in ["of-another.pem", "version-1.pem", "small-key.pem", "limited.pem"] {
        let der = certificate(name);
        for at in 0..der.len() {
            assert_eq!(CertificateFacts::read(&der[..at]), None);
            for byte in [0, 0x7f, 0xff, der[at] ^ 1] {
                let mut damaged = der.to_vec();
                damaged[at] = byte;
                let facts = CertificateFacts::read(&damaged);
                drop(facts.map(|facts| (facts.shown_names(), facts.not_after.to_string())));
            }
        }
    }
}

#[test]
fn text_is_shortened_and_cannot_control_a_terminal() {
    let safe = safe_text(&"\u{1b}\u{202e}".repeat(1000));
    assert!(safe.is_ascii() || safe.ends_with('…'), "{safe}");
    assert!(safe.len() < 12 * MAX_NAME_LENGTH && !safe.contains(char::is_control), "{safe}");
    assert_eq!(safe_text("CN=\"Ä\" 'x'"), "CN=\"Ä\" 'x'");
}

#[test]
fn keys_and_versions_are_recognized() {
    let small = CertificateFacts::read(&certificate("small-key.pem")).unwrap();
    assert_eq!(
        small.unusable_key.as_deref(),
        Some("its RSA key has only 1024 bits, and needs 2048")
    );
    let first = CertificateFacts::read(&certificate("version-1.pem")).unwrap();
    assert_eq!((first.version, first.unusable_key), (1, None));
}

/// Machines whose clock is behind, or far ahead, run the tests too.
#[test]
fn the_certificates_of_the_tests_are_valid_for_a_hundred_years() {
    let folders = ["data/web/tls", "data/web/tls/identity", "data/web/tls/private", "docs/fixture"];
    for folder in folders.map(|name| format!("{}/tests/{name}", env!("CARGO_MANIFEST_DIR"))) {
        for file in std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()) {
            let name = file.file_name().and_then(|name| name.to_str()).unwrap();
            let is_dated = ["expired.pem", "future.pem"].contains(&name);
            let der = match file.extension().and_then(|end| end.to_str()) {
                Some("pem") if !is_dated => CertificateDer::from_pem_file(&file).unwrap().to_vec(),
                Some("der") if !name.ends_with(".key.der") => std::fs::read(&file).unwrap(),
                _ => continue,
            };
            let facts = CertificateFacts::read(&der).unwrap();
            let period = format!("{} to {}", facts.not_before, facts.not_after);
            assert_eq!(period, "2020-01-01 to 2120-01-01", "{}", file.display());
        }
    }
}
