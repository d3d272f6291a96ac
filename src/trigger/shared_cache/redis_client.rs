//! The connection to the Redis server. It is opened when it is needed, but not while the circuit breaker is open.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Mutex, MutexGuard};
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, FromRedisValue, Pipeline, RedisConnectionInfo};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

use super::redis_address::RedisAddress;
use super::seal::NAME_PREFIX;
use super::server_error::{ErrorScope, error_reason, scope};
use super::settings::SharedCacheSetupError;
use super::transport::{MAX_CONCURRENT_REQUESTS, RedisConnector};
use crate::circuit_breaker::{
    BreakerState, BreakerTransition, CircuitBreaker, CircuitBreakerSettings, HalfOpenPolicy,
};
use crate::web::error_chain::root_cause;
use crate::web::tls::TlsIdentity;

/// The timeout of one request, including the wait for a permit and for the connection. A server on the same network
/// replies within a few milliseconds. A slow server must not use up the seconds that a call has for its trigger.
pub(super) const REQUEST_TIMEOUT: Duration = Duration::from_millis(250);

/// While this breaker is open, no connection is attempted.
const SERVER_BREAKER: CircuitBreakerSettings = CircuitBreakerSettings {
    failure_threshold: 1,
    open_for: Duration::from_secs(1),
    max_open_for: Duration::from_secs(5),
    half_open: HalfOpenPolicy::Unlimited,
};

/// A refused command is logged at most once in this time: otherwise each call would repeat the message. The same is true
/// of a connection that breaks soon after it was opened, for the same reason as the one before.
const LOG_INTERVAL: Duration = Duration::from_secs(60);

/// If a connection lasted longer than this before it broke, the breaker's open time starts at its first value again. If
/// it broke sooner, the open time grows, as if the connection had not been opened.
const STABLE_AFTER: Duration = SERVER_BREAKER.max_open_for;

/// One connection, shared by all requests.
pub(super) struct RedisClient {
    display_address: String,
    login: RedisConnectionInfo,
    connector: RedisConnector,
    state: Mutex<RedisClientState>,
    /// Held by the request that opens the connection. Other requests do not wait for it: they continue without the
    /// shared cache.
    connect_permit: Semaphore,
    request_permits: Semaphore,
}

struct RedisClientState {
    connection: Option<RedisConnection>,
    breaker: CircuitBreaker,
    refusal_logged_at: Option<Instant>,
    outage: OutageLog,
}

/// Keeps a server that fails right after each connection from filling the log.
#[derive(Default)]
struct OutageLog {
    last_logged: Option<(String, Instant)>,
    /// Whether the last failure was logged. If not, neither is the end of the outage.
    is_logged: bool,
}

impl OutageLog {
    /// Whether to log a failure. `was_stable` is whether the connection had lasted for a while.
    fn begin(&mut self, reason: &str, now: Instant, was_stable: bool) -> bool {
        let same = self.last_logged.as_ref().filter(|(last, _)| last == reason);
        let is_new = same.is_none_or(|(_, logged_at)| now - *logged_at >= LOG_INTERVAL);
        self.is_logged = is_new || was_stable;
        if self.is_logged {
            self.last_logged = Some((reason.to_owned(), now));
        }
        self.is_logged
    }
}

#[derive(Clone)]
struct RedisConnection {
    commands: MultiplexedConnection,
    driver: Arc<RedisDriverTask>,
    connected_at: Instant,
}

/// The task that reads from and writes to the connection. It ends when the connection breaks.
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
    pub(super) fn new(
        address: &RedisAddress,
        identity: &TlsIdentity,
    ) -> Result<Self, SharedCacheSetupError> {
        let state = RedisClientState {
            connection: None,
            breaker: CircuitBreaker::new(SERVER_BREAKER),
            refusal_logged_at: None,
            outage: OutageLog::default(),
        };
        Ok(Self {
            display_address: address.to_string(),
            login: address.login().clone(),
            connector: RedisConnector::new(address.endpoint(), identity)?,
            state: Mutex::new(state),
            connect_permit: Semaphore::new(1),
            request_permits: Semaphore::new(MAX_CONCURRENT_REQUESTS),
        })
    }

    /// Whether the circuit breaker is closed.
    pub(super) fn is_up(&self) -> bool {
        self.state.lock().breaker.state(Instant::now()) == BreakerState::Closed
    }

    /// Sends commands and returns the reply. `None` if the server is unavailable, refuses a command, or does not reply
    /// within [`REQUEST_TIMEOUT`].
    pub(super) async fn query<T: FromRedisValue>(&self, commands: &Pipeline) -> Option<T> {
        let deadline = Instant::now() + REQUEST_TIMEOUT;
        let _permit = timeout_at(deadline, self.request_permits.acquire()).await.ok()?.ok()?;
        let connection = self.connection(deadline).await?;
        let mut redis = connection.commands.clone();
        match timeout_at(deadline, commands.query_async(&mut redis)).await {
            Ok(Ok(reply)) => return Some(reply),
            Ok(Err(error)) => match scope(&error) {
                ErrorScope::Connection => self.connection_lost(&connection, &error_reason(&error)),
                ErrorScope::Command => self.log_refusal(&error_reason(&error)),
            },
            Err(_) => self.connection_lost(&connection, &timeout_reason()),
        }
        None
    }

    /// Returns the open connection, or opens one. `None` if that fails, the circuit breaker is open, or another request
    /// is opening the connection.
    async fn connection(&self, deadline: Instant) -> Option<RedisConnection> {
        {
            let state = self.state.lock();
            let usable = state.connection.as_ref().filter(|connection| !connection.is_broken());
            if let Some(connection) = usable {
                return Some(connection.clone());
            }
            if state.breaker.failures_if_open(Instant::now()).is_some() {
                return None;
            }
        }
        let _permit = self.connect_permit.try_acquire().ok()?;
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
        let connected = MultiplexedConnection::new_with_config(&self.login, stream, config).await;
        let (mut commands, driver) = connected.map_err(|error| error_reason(&error))?;
        let driver = Arc::new(RedisDriverTask(tokio::spawn(driver)));
        // A server accepts the connection, but not this command, while it is loading, read-only or without its password.
        // The command counts as a write even though no entry has this name. A server whose memory is full accepts it.
        let reply = redis::cmd("UNLINK").arg(NAME_PREFIX).query_async::<u64>(&mut commands).await;
        if let Err(error) = reply
            && scope(&error) == ErrorScope::Connection
        {
            return Err(error_reason(&error));
        }
        Ok(RedisConnection { commands, driver, connected_at: Instant::now() })
    }

    fn set_connected(&self, connection: RedisConnection) -> RedisConnection {
        let mut state = self.state.lock();
        state.connection = Some(connection.clone());
        // Not a success yet: see `STABLE_AFTER`.
        let transition = state.breaker.close();
        let is_logged = state.outage.is_logged;
        drop(state);
        if transition == BreakerTransition::Closed && is_logged {
            tracing::info!(server = %self.display_address, "shared cache is available again");
        }
        connection
    }

    /// Ignores the loss of a connection that has already been replaced.
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
        let was_stable = lost.is_some_and(|lost| now - lost.connected_at > STABLE_AFTER);
        if was_stable {
            state.breaker.record_success();
        }
        state.breaker.record_failure(now);
        let is_new = was_up && state.outage.begin(reason, now, was_stable);
        drop(state);
        if is_new {
            tracing::warn!(server = %self.display_address, error = %reason, "shared cache is unavailable");
        }
    }

    /// A refused command does not open the circuit breaker, since the server works. A server whose memory is full can
    /// still be read.
    fn log_refusal(&self, reason: &str) {
        let now = Instant::now();
        let logged_at = &mut self.state.lock().refusal_logged_at;
        if logged_at.is_some_and(|logged_at| now - logged_at < LOG_INTERVAL) {
            return;
        }
        *logged_at = Some(now);
        tracing::warn!(server = %self.display_address, error = %reason, "shared cache refused a command");
    }
}

fn timeout_reason() -> String {
    format!("no reply within {REQUEST_TIMEOUT:?}")
}
