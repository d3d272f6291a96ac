//! One call, from its connection to its line in the log.

use std::net::IpAddr;
use std::sync::Arc;

use tokio::net::TcpStream;
use tokio::time::Instant;
use tracing::warn;

use super::{Server, listen};
use crate::agi::channel::AgiChannel;
use crate::agi::environment::{Environment, ScriptCall};
use crate::agi::link;
use crate::agi::watch::Bounds;
use crate::channel::Channel;
use crate::script::memory::Arguments;
use crate::script::request::Triggers;
use crate::script::run::run;
use crate::telemetry::{CallEnded, Switch};

/// Serves a call of an Asterisk.
pub async fn asterisk<T: Triggers + 'static>(
    server: &Arc<Server<T>>,
    stream: TcpStream,
    peer: IpAddr,
) {
    let started = Instant::now();
    let ends = started + server.limits.longest_call;
    let bounds = Bounds { stop: server.stop.clone(), ends };
    let (link, environment) = match link::open(stream, bounds, server.limits.environment).await {
        Ok(opened) => opened,
        Err(reason) => return warn!(%peer, %reason, "no call"),
    };
    let asked = environment.script();
    let library = server.library();
    let Some(script) = library.scripts.get(&asked.name).cloned() else {
        let call_id = environment.uniqueid().unwrap_or_default();
        warn!(%peer, ?call_id, script = ?asked.name, "refused: there is no such script");
        return listen::turn_away(server, link.into_stream());
    };
    let channel = AgiChannel::new(link, &environment);
    let caller = channel.caller().clone();
    let arguments = arguments(asked, environment);
    let report = run(channel, &library, server.triggers(), script, arguments).await;
    let (call_id, took) = (&caller.call_id, started.elapsed());
    CallEnded { switch: Switch::Asterisk, call_id, took, report }.log();
}

/// Those of the URL's query by their names, those behind the URL by their numbers.
fn arguments(asked: ScriptCall, environment: Environment) -> Arguments {
    let numbered = environment.arguments();
    let numbered = numbered.map(|(number, value)| (number.to_string(), value.into_owned()));
    asked.arguments.into_iter().chain(numbered).collect()
}
