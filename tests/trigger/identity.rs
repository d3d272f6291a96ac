//! Who we are to a web application, and whom we trust.

use std::sync::Arc;
use std::time::Duration;

use dialscript::config::load;
use dialscript::script::definition::{Patience, Script};
use dialscript::script::request::{Auth, Fetched, Request, Target, Triggers};
use dialscript::script::template::Filled;
use dialscript::trigger::upstream::Rules;
use dialscript::trigger::{HttpTriggers, Settings};
use tempfile::TempDir;

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

fn to(url: impl Into<String>) -> Target {
    Target { url: open(url), decides_host: false }
}

fn get(url: impl Into<String>) -> Request {
    Request {
        to: to(url),
        fallback: None,
        headers: Vec::new(),
        auth: None,
        body: None,
        signed_by: Vec::new(),
        patience: Patience { budget: Duration::from_secs(5), attempt: None, retries: 0 },
        cache_key: None,
    }
}

fn basic(user: &str, password: &str) -> Option<Auth> {
    Some(Auth::Basic(open(user), hidden(password)))
}

fn plain() -> Arc<Script> {
    Arc::new(Script { name: "plain".into(), ..Script::default() })
}

/// What a daemon's file says of upstreams, as requests have it.
fn settings(daemon: &str) -> Settings {
    let home = TempDir::new().unwrap();
    std::fs::create_dir(home.path().join("scripts")).unwrap();
    let file = home.path().join("dialscript.toml");
    let identity = crate::support::web::tls::file("");
    std::fs::write(&file, daemon.replace("tls/", &identity)).unwrap();
    let config = load(&file).unwrap_or_else(|faults| panic!("{faults}"));
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
