//! What the environment may not change. Each test runs itself again in an environment of its own.

use dialscript::trigger::HttpTriggerClient;

use crate::support::own_process::run_test;
use crate::support::web::{Reply, Web, tls};
use crate::trigger::http::{ask, code, failure};
use crate::trigger::requests::get;

const AGAIN: &str = "DIALSCRIPT_TEST_AGAIN";

/// Whether this is the run with the variables set; the first run makes it, and checks that it went well.
fn is_run_with(test: &str, variables: &[(&str, &str)]) -> bool {
    if std::env::var_os(AGAIN).is_some() {
        return true;
    }
    let again: Vec<_> = variables.iter().copied().chain([(AGAIN, "1")]).collect();
    run_test(module_path!(), test, &again);
    false
}

#[tokio::test]
async fn proxies_of_the_environment_are_not_used() {
    let nowhere = "http://127.0.0.1:1";
    let names =
        ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "https_proxy", "HTTPS_PROXY"];
    if is_run_with("proxies_of_the_environment_are_not_used", &names.map(|name| (name, nowhere))) {
        let web = Web::start(|_| Reply::json(r#"{"code":"200"}"#)).await;
        assert_eq!(code(&ask(get(web.url("/"))).await), "200");
    }
}

#[tokio::test]
async fn a_system_without_root_certificates_serves_plain_http() {
    let nowhere = [("SSL_CERT_FILE", "/nonexistent"), ("SSL_CERT_DIR", "/nonexistent")];
    if is_run_with("a_system_without_root_certificates_serves_plain_http", &nowhere) {
        let web = Web::start(|_| Reply::json(r#"{"code":"200"}"#)).await;
        assert_eq!(code(&ask(get(web.url("/"))).await), "200");
    }
}

#[tokio::test]
async fn a_certificate_is_trusted_by_the_systems_roots_and_for_its_name() {
    let roots = [("SSL_CERT_FILE", tls::CA), ("SSL_CERT_DIR", "/nonexistent")];
    if is_run_with("a_certificate_is_trusted_by_the_systems_roots_and_for_its_name", &roots) {
        let port = tls::start().port();
        assert_eq!(code(&ask(get(format!("https://localhost:{port}/"))).await), "200");
        let error = failure(get(format!("https://127.0.0.1:{port}/"))).await;
        assert_eq!(error.to_string(), "no connection: its certificate is for another host name");
    }
}

#[tokio::test]
async fn a_certificate_of_a_strangers_ca_is_not_trusted() {
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
fn a_tls_provider_that_is_already_there_stays() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    for _ in 0..2 {
        HttpTriggerClient::new(dialscript::trigger::TriggerSettings::default()).expect("clients");
    }
}
