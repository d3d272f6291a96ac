//! Servers of private networks: self-signed certificates, X.509 version 1, no subjectAltName.

use rustls::SupportedProtocolVersion;
use rustls::version::{TLS12, TLS13};

use super::certificates::{CA, PAIR, upstream};
use super::{ask, failure, triggers};
use crate::support::log::record;
use crate::support::web::Reply;
use crate::support::web::tls::{ClientAuth, TlsWeb, private_server};
use crate::trigger::http::proxy::tunnel_proxy;
use crate::trigger::requests::get;

const VERSIONS: [&SupportedProtocolVersion; 2] = [&TLS12, &TLS13];

fn web(certificate: &str, version: &'static SupportedProtocolVersion) -> TlsWeb {
    TlsWeb::start_with(private_server(certificate, version), |_| Reply::json(r#"{"code":"200"}"#))
}

fn ca(files: &[&str]) -> String {
    let files: Vec<_> = files.iter().map(|file| format!("'private/{file}'")).collect();
    format!("ca = [{}]\n", files.join(", "))
}

/// Why a request to a server with this certificate fails.
async fn rejection(certificate: &str, trusted: &[&str]) -> String {
    let web = web(certificate, &TLS13);
    let triggers = triggers(&upstream("localhost", &[&ca(trusted)]));
    let error = failure(&triggers, get(web.url("localhost", "/"))).await;
    assert_eq!(web.unread_requests(), 0);
    error.strip_prefix("no connection: its certificate ").expect(&error).to_owned()
}

#[tokio::test]
async fn the_very_certificate_in_ca_is_trusted() {
    for version in VERSIONS {
        for certificate in ["self-signed.pem", "common-name.pem", "version-1.pem"] {
            let web = web(certificate, version);
            let triggers =
                triggers(&upstream("localhost", &[&ca(&["of-another.pem", certificate])]));
            let fetched = ask(&triggers, get(web.url("localhost", "/"))).await;
            assert_eq!(fetched.answer.expect(certificate).status, 200);
        }
    }
}

/// All certificates of the folder have the same key and, but for two of them, the same subject.
#[tokio::test]
async fn another_certificate_with_the_same_key_is_not_trusted() {
    for certificate in ["self-signed.pem", "common-name.pem"] {
        let text = rejection(certificate, &["version-1.pem", "expired.pem"]).await;
        assert!(!text.contains("another host name"), "{text}");
    }
}

#[tokio::test]
async fn the_server_must_prove_that_it_has_the_key_of_the_trusted_certificate() {
    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    for version in VERSIONS {
        let mut config = private_server("self-signed.pem", version);
        let other = crate::support::web::tls::file("other.key");
        let other = PrivateKeyDer::from_pem_file(other).unwrap();
        let other = config.crypto_provider().key_provider.load_private_key(other).unwrap();
        let shown = crate::support::web::tls::private_file("self-signed.pem");
        let shown = vec![CertificateDer::from_pem_file(shown).unwrap()];
        let stolen = rustls::sign::CertifiedKey::new(shown, other);
        config.cert_resolver = std::sync::Arc::new(rustls::sign::SingleCertAndKey::from(stolen));
        let web = TlsWeb::start_with(config, |_| Reply::json("{}"));
        let triggers = triggers(&upstream("localhost", &[&ca(&["self-signed.pem"])]));
        let error = failure(&triggers, get(web.url("localhost", "/"))).await;
        assert_eq!(error, "no connection: its signature of the handshake is wrong");
        assert_eq!(web.unread_requests(), 0);
    }
}

#[tokio::test]
async fn a_trusted_certificate_must_be_for_the_host_and_valid() {
    for (certificate, expected) in [
        ("of-another.pem", "is for another host name: for shop.example and 192.0.2.1"),
        ("expired.pem", "expired on 2021-02-03"),
        ("future.pem", "is not valid before 2100-01-01"),
        ("limited.pem", "has name constraints, so it is trusted only for what it has issued"),
    ] {
        assert_eq!(rejection(certificate, &[certificate]).await, expected);
    }
}

#[tokio::test]
async fn the_error_says_what_the_certificate_lacks() {
    for (certificate, trusted, expected) in [
        ("no-names.pem", "office.pem", "has no subjectAltName"),
        (
            "office-shop.pem",
            "office.pem",
            "is for another host name: for shop.example and *.shop.example",
        ),
        ("version-1.pem", "office.pem", "is X.509 version 1, which has no subjectAltName"),
        ("old-signature.pem", "office.pem", "is signed with SHA-1, which is no longer safe"),
        ("self-signed.pem", "office.pem", "is self-signed, and is not in `ca`"),
        (
            "common-name.pem",
            "office.pem",
            "is self-signed, and is not in `ca`, and has no subjectAltName",
        ),
        ("office-shop.pem", "self-signed.pem", "was not issued by a trusted CA"),
    ] {
        assert_eq!(rejection(certificate, &[trusted]).await, expected, "{certificate}");
    }
}

#[tokio::test]
async fn the_log_has_the_command_that_gets_an_unknown_certificate_of_this_host_and_port() {
    let (log, _guard) = record("dialscript=info");
    let web = web("self-signed.pem", &TLS13);
    let triggers = triggers(&upstream("localhost", &[&ca(&["office.pem"])]));
    failure(&triggers, get(web.url("localhost", "/"))).await;
    let (log, port) = (log.text(), web.address.port());
    assert!(
        log.contains(&format!("openssl s_client -connect localhost:{port} </dev/null")),
        "{log}"
    );
}

#[tokio::test]
async fn a_rejected_certificate_is_described_in_the_log_once() {
    let (log, _guard) = record("dialscript=info");
    let web = web("no-names.pem", &TLS13);
    let triggers = triggers(&upstream("localhost", &[&ca(&["office.pem"])]));
    for _ in 0..3 {
        failure(&triggers, get(web.url("localhost", "/"))).await;
    }
    let log = log.text();
    assert_eq!(log.matches("server certificate rejected").count(), 1, "{log}");
    for part in [
        "subject=CN=localhost",
        "issuer=CN=Office CA",
        "sha256=",
        "valid_until=21",
        "its certificate has no subjectAltName",
        "openssl req -x509 -CA ca.pem -CAkey ca.key",
        "-addext subjectAltName=DNS:localhost",
    ] {
        assert!(log.contains(part), "{part} in {log}");
    }
}

#[tokio::test]
async fn text_in_a_certificate_controls_neither_a_terminal_nor_a_shell() {
    let (log, _guard) = record("dialscript=info");
    let error = rejection("hostile.pem", &["hostile.pem"]).await;
    let log = log.text();
    let line = log.lines().find(|line| line.contains("certificate rejected")).expect(&log);
    for text in [&*error, line] {
        assert!(text.contains(r"evil\u{1b}[2J\n$(reboot)"), "{text}");
        assert!(!text.contains('\u{1b}'), "{text:?}");
    }
    assert!(line.contains("-subj /CN=HOST"), "{line}");
}

#[tokio::test]
async fn an_https_proxy_has_the_certificates_of_its_own_table() {
    let shop = TlsWeb::start(ClientAuth::Required, |_| Reply::json("{}"));
    let tls = std::sync::Arc::new(private_server("self-signed.pem", &TLS13));
    let (proxy, mut heads) = tunnel_proxy(Some(tls.into())).await;
    let of_shop = upstream("127.0.0.1", &[CA, PAIR]);
    let of_proxy = upstream(&format!("localhost:{}", proxy.port()), &[&ca(&["self-signed.pem"])]);
    let trigger = format!("[trigger]\nproxy = 'https://localhost:{}'\n", proxy.port());
    let with_both = triggers(&format!("{trigger}{of_shop}{of_proxy}"));
    let result = ask(&with_both, get(shop.url("127.0.0.1", "/"))).await;
    assert_eq!(result.answer.expect("an answer").status, 200);
    assert!(heads.recv().await.unwrap().starts_with("CONNECT 127.0.0.1:"));
    let of_shop_alone = triggers(&format!("{trigger}{of_shop}"));
    let error = failure(&of_shop_alone, get(shop.url("127.0.0.1", "/"))).await;
    assert!(error.contains("its certificate is self-signed"), "{error}");
}
