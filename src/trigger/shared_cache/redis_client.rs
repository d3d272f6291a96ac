//! The connection to the server: made when it is needed, made again when it broke, and left alone while the server is
//! away.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Mutex, MutexGuard};
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
use crate::circuit_breaker::{
    BreakerState, BreakerTransition, CircuitBreaker, CircuitBreakerSettings, HalfOpenPolicy,
};
use crate::web::client::root_cause;

/// For any one request, the connection and the wait for a place included. A server next door answers within a
/// millisecond or two; a caller's budget of seconds must not notice one that does not.
pub(super) const REQUEST_TIMEOUT: Duration = Duration::from_millis(250);

/// While this breaker is open, no connection is attempted.
const SERVER_BREAKER: CircuitBreakerSettings = CircuitBreakerSettings {
    failure_threshold: 1,
    open_for: Duration::from_secs(1),
    max_open_for: Duration::from_secs(10),
    half_open: HalfOpenPolicy::Unlimited,
};

/// The breaker's open time starts small again after a connection that lasted longer than this. A server whose connections
/// break sooner counts as one that still fails.
const STABLE_AFTER: Duration = SERVER_BREAKER.max_open_for;

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
    breaker: CircuitBreaker,
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
            breaker: CircuitBreaker::new(SERVER_BREAKER),
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

    /// Whether the circuit breaker is closed.
    pub(super) fn is_up(&self) -> bool {
        self.state.lock().breaker.state(Instant::now()) == BreakerState::Closed
    }

    /// The reply, within [`REQUEST_TIMEOUT`]; none where the server is away or refuses.
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
            let state = self.state.lock();
            let sound = state.connection.as_ref().filter(|connection| !connection.is_broken());
            if let Some(connection) = sound {
                return Some(connection.clone());
            }
            if state.breaker.failures_if_open(Instant::now()).is_some() {
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
        let mut state = self.state.lock();
        state.connection = Some(connection.clone());
        let transition = state.breaker.close();
        drop(state);
        if transition == BreakerTransition::Closed {
            tracing::info!(server = %self.display_address, "the shared cache is back");
        }
        connection
    }

    /// Failures of what came before the connection of now say nothing of it.
    fn connection_lost(&self, connection: &RedisConnection, reason: &str) {
        let state = self.state.lock();
        let current = state.connection.as_ref();
        if current.is_some_and(|current| Arc::ptr_eq(&current.driver, &connection.driver)) {
            self.mark_unavailable(state, reason);
        }
    }

    fn connect_failed(&self, reason: &str) {
        self.mark_unavailable(self.state.lock(), reason);
    }

    fn mark_unavailable(&self, mut state: MutexGuard<'_, RedisClientState>, reason: &str) {
        let (lost, now) = (state.connection.take(), Instant::now());
        let was_up = state.breaker.state(now) == BreakerState::Closed;
        if lost.is_some_and(|lost| now - lost.connected_at > STABLE_AFTER) {
            state.breaker.record_success();
        }
        state.breaker.record_failure(now);
        drop(state);
        if was_up {
            tracing::warn!(server = %self.display_address, %reason, "the shared cache is away");
        }
    }

    /// An answer all the same: it is there. A full one, or one that is only read from, refuses each time.
    fn log_refusal(&self, reason: &str) {
        let now = Instant::now();
        let told = &mut self.state.lock().refusal_logged_at;
        if told.is_some_and(|told| now - told < Duration::from_secs(60)) {
            return;
        }
        *told = Some(now);
        tracing::warn!(server = %self.display_address, %reason, "the shared cache refused");
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
