//! Who we are to a web application, and whom we trust.

use dialscript::script::request::{RequestAuth, TriggerClient, TriggerRequest, TriggerResult};
use dialscript::script::template::RedactedText;
use dialscript::trigger::upstream::UpstreamLimits;
use dialscript::trigger::{HttpTriggerClient, TriggerSettings};

use super::requests::plain;
use crate::support::config_folder::ConfigFolder;
use crate::support::web::tls;

mod auth;
mod certificates;
mod connections;
mod program;
mod recipes;
mod signatures;

const CANARY: &str = "4711canary-of-16";

fn open(text: impl Into<String>) -> RedactedText {
    RedactedText::public(text.into())
}

fn hidden(text: impl Into<String>) -> RedactedText {
    RedactedText::sensitive(text.into())
}

fn basic(user: &str, password: &str) -> Option<RequestAuth> {
    Some(RequestAuth::Basic(open(user), hidden(password)))
}

/// What a daemon's file says of upstreams, as requests have it.
fn settings(daemon: &str) -> TriggerSettings {
    let folder = ConfigFolder::new();
    folder.daemon_file(daemon.replace("tls/", &tls::file("")));
    let config = folder.config();
    let upstreams = config.upstreams.iter();
    let identities =
        upstreams.clone().filter_map(|at| Some((at.place.clone(), at.identity.clone()?)));
    let most_at = upstreams.clone().filter_map(|at| Some((at.place.clone(), at.max_requests?)));
    TriggerSettings {
        tls_identities: identities.collect(),
        upstream_limits: UpstreamLimits {
            max_concurrent_at: most_at.collect(),
            ..UpstreamLimits::default()
        },
        proxy: config.trigger.proxy.map(|proxy| proxy.0),
        allow_hosts: config.egress.allow_hosts,
        allow_networks: config.egress.allow_networks,
        ..TriggerSettings::default()
    }
}

fn triggers(daemon: &str) -> HttpTriggerClient {
    HttpTriggerClient::new(settings(daemon)).expect("clients")
}

async fn ask(triggers: &HttpTriggerClient, request: TriggerRequest) -> TriggerResult {
    triggers.send(request, &plain()).await
}

async fn failure(triggers: &HttpTriggerClient, request: TriggerRequest) -> String {
    let fetched = ask(triggers, request).await;
    fetched.answer.expect_err("no answer").to_string()
}
