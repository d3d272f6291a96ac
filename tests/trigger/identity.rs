//! Who we are to a web application, and whom we trust.

use dialscript::script::request::{Auth, Fetched, Request, Triggers};
use dialscript::script::template::Filled;
use dialscript::trigger::upstream::Rules;
use dialscript::trigger::{HttpTriggers, Settings};

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

fn open(text: impl Into<String>) -> Filled {
    Filled::open(text.into())
}

fn hidden(text: impl Into<String>) -> Filled {
    Filled::hidden(text.into())
}

fn basic(user: &str, password: &str) -> Option<Auth> {
    Some(Auth::Basic(open(user), hidden(password)))
}

/// What a daemon's file says of upstreams, as requests have it.
fn settings(daemon: &str) -> Settings {
    let folder = ConfigFolder::new();
    folder.daemon_file(daemon.replace("tls/", &tls::file("")));
    let config = folder.config();
    let upstreams = config.upstreams.iter();
    let identities =
        upstreams.clone().filter_map(|at| Some((at.place.clone(), at.identity.clone()?)));
    let most_at = upstreams.clone().filter_map(|at| Some((at.place.clone(), at.max_requests?)));
    Settings {
        identities: identities.collect(),
        upstreams: Rules { most_at: most_at.collect(), ..Rules::default() },
        proxy: config.trigger.proxy.map(|proxy| proxy.0),
        allow_hosts: config.egress.allow_hosts,
        allow_networks: config.egress.allow_networks,
        ..Settings::default()
    }
}

fn triggers(daemon: &str) -> HttpTriggers {
    HttpTriggers::new(settings(daemon)).expect("clients")
}

async fn ask(triggers: &HttpTriggers, request: Request) -> Fetched {
    triggers.ask(request, &plain()).await
}

async fn failure(triggers: &HttpTriggers, request: Request) -> String {
    let fetched = ask(triggers, request).await;
    fetched.answer.expect_err("no answer").to_string()
}
