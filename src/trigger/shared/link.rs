//! The connection to the server: made when it is needed, made again when it broke, and left alone while the server is
//! away.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{
    AsyncConnectionConfig, ErrorKind, FromRedisValue, Pipeline, RedisConnectionInfo, RedisError,
};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

use super::StartError;
use super::address::Address;
use super::seal::PREFIX;
use super::transport::{AT_ONCE, Connector};
use crate::web::client::cause;

/// For any one request, the connection and the wait for a place included. A server next door answers within a
/// millisecond or two; a caller's budget of seconds must not notice one that does not.
pub(super) const BOUND: Duration = Duration::from_millis(250);

/// How long a server that failed is left alone: the first time, and at most. Each failure after another doubles it.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(10));

/// One connection for all, and what is known of the server.
pub(super) struct Link {
    shown: String,
    login: RedisConnectionInfo,
    connector: Connector,
    state: Mutex<State>,
    /// Held by whoever connects; others do without meanwhile.
    probe: Semaphore,
    places: Semaphore,
}

struct State {
    connection: Option<Connection>,
    /// Since it failed: until when nobody tries.
    away_until: Option<Instant>,
    pause: Duration,
    /// When a refusal was last told.
    refused: Option<Instant>,
}

#[derive(Clone)]
struct Connection {
    commands: MultiplexedConnection,
    driver: Arc<Driver>,
    since: Instant,
}

/// The task that reads and writes; it ends by itself when the connection breaks.
struct Driver(JoinHandle<()>);

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Connection {
    fn is_broken(&self) -> bool {
        self.driver.0.is_finished()
    }
}

impl Link {
    pub(super) fn new(address: &Address) -> Result<Self, StartError> {
        let state = State { connection: None, away_until: None, pause: PAUSES.0, refused: None };
        Ok(Self {
            shown: address.to_string(),
            login: address.login().clone(),
            connector: Connector::new(address.place())?,
            state: Mutex::new(state),
            probe: Semaphore::new(1),
            places: Semaphore::new(AT_ONCE),
        })
    }

    /// Whether the server is not known to be away.
    pub(super) fn is_up(&self) -> bool {
        self.lock().away_until.is_none()
    }

    /// The reply, within [`BOUND`]; none where the server is away or refuses.
    pub(super) async fn ask<T: FromRedisValue>(&self, commands: &Pipeline) -> Option<T> {
        let deadline = Instant::now() + BOUND;
        let _place = timeout_at(deadline, self.places.acquire()).await.ok()?.ok()?;
        let connection = self.connection(deadline).await?;
        let mut to = connection.commands.clone();
        match timeout_at(deadline, commands.query_async(&mut to)).await {
            Ok(Ok(reply)) => return Some(reply),
            Ok(Err(error)) if is_refusal(&error) => self.refused(&reason(&error)),
            Ok(Err(error)) => self.lost(&connection, &reason(&error)),
            Err(_) => self.lost(&connection, &late()),
        }
        None
    }

    /// The connection there is, else a new one, unless the server is to be left alone or somebody else connects.
    async fn connection(&self, deadline: Instant) -> Option<Connection> {
        {
            let state = self.lock();
            let sound = state.connection.as_ref().filter(|connection| !connection.is_broken());
            if let Some(connection) = sound {
                return Some(connection.clone());
            }
            if state.away_until.is_some_and(|until| Instant::now() < until) {
                return None;
            }
        }
        let _probe = self.probe.try_acquire().ok()?;
        match timeout_at(deadline, self.connect()).await {
            Ok(Ok(connection)) => return Some(self.found(connection)),
            Ok(Err(reason)) => self.missed(&reason),
            Err(_) => self.missed(&late()),
        }
        None
    }

    async fn connect(&self) -> Result<Connection, String> {
        let stream = self.connector.connect().await.map_err(|error| cause(&error))?;
        let config = AsyncConnectionConfig::new().set_response_timeout(None);
        let made = MultiplexedConnection::new_with_config(&self.login, stream, config).await;
        let (mut commands, driver) = made.map_err(|error| reason(&error))?;
        let driver = Arc::new(Driver(tokio::spawn(driver)));
        // One that still loads, or wants a password, takes connections all the same.
        let first = redis::cmd("EXISTS").arg(PREFIX).query_async::<bool>(&mut commands).await;
        first.map_err(|error| reason(&error))?;
        Ok(Connection { commands, driver, since: Instant::now() })
    }

    fn found(&self, connection: Connection) -> Connection {
        let mut state = self.lock();
        state.connection = Some(connection.clone());
        let was_away = state.away_until.take().is_some();
        drop(state);
        if was_away {
            tracing::info!(server = %self.shown, "the shared cache is back");
        }
        connection
    }

    /// Failures of what came before the connection of now say nothing of it.
    fn lost(&self, connection: &Connection, reason: &str) {
        let state = self.lock();
        let current = state.connection.as_ref();
        if current.is_some_and(|current| Arc::ptr_eq(&current.driver, &connection.driver)) {
            self.gone(state, reason);
        }
    }

    fn missed(&self, reason: &str) {
        self.gone(self.lock(), reason);
    }

    fn gone(&self, mut state: MutexGuard<'_, State>, reason: &str) {
        let was = state.connection.take();
        // A server that comes and goes is one that is away.
        if was.is_some_and(|was| was.since.elapsed() > PAUSES.1) {
            state.pause = PAUSES.0;
        }
        let until = Instant::now() + state.pause;
        let was_away = state.away_until.replace(until).is_some();
        state.pause = (state.pause * 2).min(PAUSES.1);
        drop(state);
        if !was_away {
            tracing::warn!(server = %self.shown, %reason, "the shared cache is away");
        }
    }

    /// An answer all the same: it is there. A full one, or one that is only read from, refuses each time.
    fn refused(&self, reason: &str) {
        let now = Instant::now();
        let told = &mut self.lock().refused;
        if told.is_some_and(|told| now - told < Duration::from_secs(60)) {
            return;
        }
        *told = Some(now);
        tracing::warn!(server = %self.shown, %reason, "the shared cache refused");
    }

    /// Nothing in here panics half-way, so what a poisoned lock guards is whole.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn late() -> String {
    format!("no answer within {BOUND:?}")
}

fn is_refusal(error: &RedisError) -> bool {
    use ErrorKind::{Extension, Server, UnexpectedReturnType};
    matches!(error.kind(), Server(_) | Extension | UnexpectedReturnType)
}

/// What the network says; of the server's own text, which may repeat what it was sent, only the word that its errors
/// begin with.
fn reason(error: &RedisError) -> String {
    if error.is_io_error() {
        return error.to_string();
    }
    let errors = error.clone().into_server_errors();
    let code = errors.as_deref().and_then(|errors| errors.first()).map(|(_, one)| one.code());
    let Some(code) = code else { return error.category().to_owned() };
    let code: String = code.chars().filter(char::is_ascii_alphanumeric).take(24).collect();
    format!("it answers {code}")
}
