//! Authentication to web applications, and the certificates that are trusted.

use dialscript::script::request::{RequestAuth, TriggerClient, TriggerRequest, TriggerResult};
use dialscript::script::template::RedactedText;
use dialscript::trigger::{HttpTriggerClient, TriggerSettings};

use super::requests::plain_script;
use crate::support::config_folder::ConfigFolder;
use crate::support::web::tls;

mod auth;
mod certificates;
mod connections;
mod private_certificates;
mod program;
mod recipes;
mod signatures;

const CANARY: &str = "4711canary-of-16";

fn public(text: impl Into<String>) -> RedactedText {
    RedactedText::public(text.into())
}

fn sensitive(text: impl Into<String>) -> RedactedText {
    RedactedText::sensitive(text.into())
}

fn basic(user: &str, password: &str) -> Option<RequestAuth> {
    Some(RequestAuth::Basic(public(user), sensitive(password)))
}

/// The settings that this text of `dialscript.toml` gives.
fn settings(daemon: &str) -> TriggerSettings {
    let folder = ConfigFolder::new();
    folder.daemon_file(
        daemon.replace("tls/", &tls::file("")).replace("private/", &tls::private_file("")),
    );
    folder.config().daemon.trigger
}

fn triggers(daemon: &str) -> HttpTriggerClient {
    HttpTriggerClient::new(settings(daemon)).expect("clients")
}

async fn ask(triggers: &HttpTriggerClient, request: TriggerRequest) -> TriggerResult {
    triggers.send(request, &plain_script()).await
}

async fn failure(triggers: &HttpTriggerClient, request: TriggerRequest) -> String {
    let fetched = ask(triggers, request).await;
    fetched.answer.expect_err("no answer").to_string()
}
