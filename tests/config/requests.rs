//! The method of a request, and the part of a URL that is not sent.

use http::Method;

use crate::support::config_folder::ConfigFolder;

/// The method of a request with these lines, and its number of retries.
fn method_and_retries(lines: &str) -> (Method, u32) {
    let folder = ConfigFolder::new();
    folder.script("a", &format!("[no_response]\n[trigger]\nurl='https://a.example/'\n{lines}"));
    let script = folder.loaded("a");
    let trigger = script.trigger.as_ref().unwrap();
    (trigger.method.clone(), trigger.retry_policy.retries)
}

#[test]
fn a_method_that_has_no_further_effect_when_it_is_repeated_is_retried_by_default() {
    for (lines, method, retries) in [
        ("", Method::GET, 2),
        ("body = 'a=1'", Method::POST, 0),
        ("body = ''", Method::POST, 0),
        ("method = 'GET'", Method::GET, 2),
        ("method = 'HEAD'", Method::HEAD, 2),
        ("method = 'POST'", Method::POST, 0),
        ("method = 'PUT'\nbody = 'a=1'", Method::PUT, 2),
        ("method = 'PATCH'\nbody = 'a=1'", Method::PATCH, 0),
        ("method = 'DELETE'", Method::DELETE, 2),
        ("method = 'DELETE'\nbody = 'a=1'", Method::DELETE, 2),
        ("method = 'PATCH'\nretry = 1", Method::PATCH, 1),
    ] {
        assert_eq!(method_and_retries(lines), (method, retries), "{lines}");
    }
}

#[test]
fn the_request_of_a_hang_up_has_a_method_too() {
    let folder = ConfigFolder::new();
    folder.script(
        "a",
        "[prompt]\nplay='switch:a'\n[hangup]\nurl='https://a.example/'\nmethod='DELETE'",
    );
    assert_eq!(folder.loaded("a").hangup.as_ref().unwrap().method, Method::DELETE);
}

/// The places of the warnings about a URL.
fn unsent_parts(url: &str) -> Vec<String> {
    let folder = ConfigFolder::new();
    folder.script("a", &format!("[no_response]\n[trigger]\nurl='{url}'\n"));
    let config = folder.config();
    let warnings = config.warnings.iter().filter(|warning| warning.message.contains("not sent"));
    warnings.map(|warning| warning.to_string()).collect()
}

#[test]
fn the_part_of_a_url_from_a_hash_sign_on_is_a_warning() {
    for url in ["https://a.example/#x", "https://a.example/?a={caller}#{caller}"] {
        let [warning] = &unsent_parts(url)[..] else { panic!("{url}") };
        assert!(
            warning.contains("this part of the URL is not sent: it begins with `#`"),
            "{warning}"
        );
        assert!(warning.contains("write `%23`"), "{warning}");
    }
    for url in ["https://a.example/%23x", "https://a.example/?a={caller}"] {
        assert_eq!(unsent_parts(url), Vec::<String>::new());
    }
}
