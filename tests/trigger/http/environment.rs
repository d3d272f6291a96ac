//! What environment variables must not change. Each test runs itself again in its own process.

use dialscript::trigger::HttpTriggerClient;

use crate::support::own_process::run_test;
use crate::support::web::{Reply, Web, tls};
use crate::trigger::http::{ask, code, failure};
use crate::trigger::requests::get;

const AGAIN: &str = "DIALSCRIPT_TEST_AGAIN";

/// Whether this run has the variables. The first run starts the second with them, and checks that it passes.
fn is_run_with(test: &str, variables: &[(&str, &str)]) -> bool {
    if std::env::var_os(AGAIN).is_some() {
        return true;
    }
    let again: Vec<_> = variables.iter().copied().chain([(AGAIN, "1")]).collect();
    run_test(module_path!(), test, &again);
    false
}

#[tokio::test]
async fn proxy_variables_of_the_environment_are_ignored() {
    let nowhere = "http://127.0.0.1:1";
    let names =
        ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "https_proxy", "HTTPS_PROXY"];
    if is_run_with(
        "proxy_variables_of_the_environment_are_ignored",
        &names.map(|name| (name, nowhere)),
    ) {
        let web = Web::start(|_| Reply::json(r#"{"code":"200"}"#)).await;
        assert_eq!(code(&ask(get(web.url("/"))).await), "200");
    }
}

#[tokio::test]
async fn plain_http_works_without_root_certificates() {
    let nowhere = [("SSL_CERT_FILE", "/nonexistent"), ("SSL_CERT_DIR", "/nonexistent")];
    if is_run_with("plain_http_works_without_root_certificates", &nowhere) {
        let web = Web::start(|_| Reply::json(r#"{"code":"200"}"#)).await;
        assert_eq!(code(&ask(get(web.url("/"))).await), "200");
    }
}

#[tokio::test]
async fn a_server_certificate_is_checked_against_the_system_roots_and_its_host_name() {
    let roots = [("SSL_CERT_FILE", tls::CA), ("SSL_CERT_DIR", "/nonexistent")];
    if is_run_with(
        "a_server_certificate_is_checked_against_the_system_roots_and_its_host_name",
        &roots,
    ) {
        let port = tls::start().port();
        assert_eq!(code(&ask(get(format!("https://localhost:{port}/"))).await), "200");
        let error = failure(get(format!("https://127.0.0.1:{port}/"))).await;
        let expected = "no connection: its certificate is for another host name: for localhost";
        assert_eq!(error.to_string(), expected);
    }
}

#[tokio::test]
async fn a_server_certificate_of_an_unknown_ca_is_rejected() {
    let port = tls::start().port();
    let error = failure(get(format!("https://localhost:{port}/"))).await;
    assert!(
        error
            .to_string()
            .starts_with("no connection: its certificate was not issued by a trusted CA"),
        "{error}"
    );
}

#[test]
fn an_installed_tls_provider_is_kept() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    for _ in 0..2 {
        HttpTriggerClient::new(dialscript::trigger::TriggerSettings::default()).expect("clients");
    }
}
