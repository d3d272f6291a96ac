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

use super::SharedCacheSetupError;
use super::redis_address::RedisAddress;
use super::seal::NAME_PREFIX;
use super::transport::{MAX_CONCURRENT_REQUESTS, RedisConnector};
use crate::web::client::root_cause;

/// For any one request, the connection and the wait for a place included. A server next door answers within a
/// millisecond or two; a caller's budget of seconds must not notice one that does not.
pub(super) const REQUEST_TIMEOUT: Duration = Duration::from_millis(250);

/// How long a server that failed is left alone: the first time, and at most. Each failure after another doubles it.
const RECONNECT_BACKOFF: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(10));

/// One connection for all, and what is known of the server.
pub(super) struct RedisClient {
    display_address: String,
    login: RedisConnectionInfo,
    connector: RedisConnector,
    state: Mutex<RedisClientState>,
    /// Held by whoever connects; others do without meanwhile.
    connect_permit: Semaphore,
    request_permits: Semaphore,
}

struct RedisClientState {
    connection: Option<RedisConnection>,
    /// Since it failed: until when nobody tries.
    unavailable_until: Option<Instant>,
    backoff: Duration,
    /// When a refusal was last told.
    refusal_logged_at: Option<Instant>,
}

#[derive(Clone)]
struct RedisConnection {
    commands: MultiplexedConnection,
    driver: Arc<RedisDriverTask>,
    connected_at: Instant,
}

/// The task that reads and writes; it ends by itself when the connection breaks.
struct RedisDriverTask(JoinHandle<()>);

impl Drop for RedisDriverTask {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl RedisConnection {
    fn is_broken(&self) -> bool {
        self.driver.0.is_finished()
    }
}

impl RedisClient {
    pub(super) fn new(address: &RedisAddress) -> Result<Self, SharedCacheSetupError> {
        let state = RedisClientState {
            connection: None,
            unavailable_until: None,
            backoff: RECONNECT_BACKOFF.0,
            refusal_logged_at: None,
        };
        Ok(Self {
            display_address: address.to_string(),
            login: address.login().clone(),
            connector: RedisConnector::new(address.endpoint())?,
            state: Mutex::new(state),
            connect_permit: Semaphore::new(1),
            request_permits: Semaphore::new(MAX_CONCURRENT_REQUESTS),
        })
    }

    /// Whether the server is not known to be away.
    pub(super) fn is_up(&self) -> bool {
        self.lock().unavailable_until.is_none()
    }

    /// The reply, within [`BOUND`]; none where the server is away or refuses.
    pub(super) async fn query<T: FromRedisValue>(&self, commands: &Pipeline) -> Option<T> {
        let deadline = Instant::now() + REQUEST_TIMEOUT;
        let _place = timeout_at(deadline, self.request_permits.acquire()).await.ok()?.ok()?;
        let connection = self.connection(deadline).await?;
        let mut to = connection.commands.clone();
        match timeout_at(deadline, commands.query_async(&mut to)).await {
            Ok(Ok(reply)) => return Some(reply),
            Ok(Err(error)) if is_refusal(&error) => self.log_refusal(&error_reason(&error)),
            Ok(Err(error)) => self.connection_lost(&connection, &error_reason(&error)),
            Err(_) => self.connection_lost(&connection, &timeout_reason()),
        }
        None
    }

    /// The connection there is, else a new one, unless the server is to be left alone or somebody else connects.
    async fn connection(&self, deadline: Instant) -> Option<RedisConnection> {
        {
            let state = self.lock();
            let sound = state.connection.as_ref().filter(|connection| !connection.is_broken());
            if let Some(connection) = sound {
                return Some(connection.clone());
            }
            if state.unavailable_until.is_some_and(|until| Instant::now() < until) {
                return None;
            }
        }
        let _probe = self.connect_permit.try_acquire().ok()?;
        match timeout_at(deadline, self.connect()).await {
            Ok(Ok(connection)) => return Some(self.set_connected(connection)),
            Ok(Err(reason)) => self.connect_failed(&reason),
            Err(_) => self.connect_failed(&timeout_reason()),
        }
        None
    }

    async fn connect(&self) -> Result<RedisConnection, String> {
        let stream = self.connector.connect().await.map_err(|error| root_cause(&error))?;
        let config = AsyncConnectionConfig::new().set_response_timeout(None);
        let made = MultiplexedConnection::new_with_config(&self.login, stream, config).await;
        let (mut commands, driver) = made.map_err(|error| error_reason(&error))?;
        let driver = Arc::new(RedisDriverTask(tokio::spawn(driver)));
        // One that still loads, or wants a password, takes connections all the same.
        let first = redis::cmd("EXISTS").arg(NAME_PREFIX).query_async::<bool>(&mut commands).await;
        first.map_err(|error| error_reason(&error))?;
        Ok(RedisConnection { commands, driver, connected_at: Instant::now() })
    }

    fn set_connected(&self, connection: RedisConnection) -> RedisConnection {
        let mut state = self.lock();
        state.connection = Some(connection.clone());
        let was_away = state.unavailable_until.take().is_some();
        drop(state);
        if was_away {
            tracing::info!(server = %self.display_address, "the shared cache is back");
        }
        connection
    }

    /// Failures of what came before the connection of now say nothing of it.
    fn connection_lost(&self, connection: &RedisConnection, reason: &str) {
        let state = self.lock();
        let current = state.connection.as_ref();
        if current.is_some_and(|current| Arc::ptr_eq(&current.driver, &connection.driver)) {
            self.mark_unavailable(state, reason);
        }
    }

    fn connect_failed(&self, reason: &str) {
        self.mark_unavailable(self.lock(), reason);
    }

    fn mark_unavailable(&self, mut state: MutexGuard<'_, RedisClientState>, reason: &str) {
        let was = state.connection.take();
        // A server that comes and goes is one that is away.
        if was.is_some_and(|was| was.connected_at.elapsed() > RECONNECT_BACKOFF.1) {
            state.backoff = RECONNECT_BACKOFF.0;
        }
        let until = Instant::now() + state.backoff;
        let was_away = state.unavailable_until.replace(until).is_some();
        state.backoff = (state.backoff * 2).min(RECONNECT_BACKOFF.1);
        drop(state);
        if !was_away {
            tracing::warn!(server = %self.display_address, %reason, "the shared cache is away");
        }
    }

    /// An answer all the same: it is there. A full one, or one that is only read from, refuses each time.
    fn log_refusal(&self, reason: &str) {
        let now = Instant::now();
        let told = &mut self.lock().refusal_logged_at;
        if told.is_some_and(|told| now - told < Duration::from_secs(60)) {
            return;
        }
        *told = Some(now);
        tracing::warn!(server = %self.display_address, %reason, "the shared cache refused");
    }

    /// Nothing in here panics half-way, so what a poisoned lock guards is whole.
    fn lock(&self) -> MutexGuard<'_, RedisClientState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn timeout_reason() -> String {
    format!("no answer within {REQUEST_TIMEOUT:?}")
}

fn is_refusal(error: &RedisError) -> bool {
    use ErrorKind::{Extension, Server, UnexpectedReturnType};
    matches!(error.kind(), Server(_) | Extension | UnexpectedReturnType)
}

/// What the network says; of the server's own text, which may repeat what it was sent, only the word that its errors
/// begin with.
fn error_reason(error: &RedisError) -> String {
    if error.is_io_error() {
        return error.to_string();
    }
    let errors = error.clone().into_server_errors();
    let code = errors.as_deref().and_then(|errors| errors.first()).map(|(_, one)| one.code());
    let Some(code) = code else { return error.category().to_owned() };
    let code: String = code.chars().filter(char::is_ascii_alphanumeric).take(24).collect();
    format!("it answers {code}")
}
