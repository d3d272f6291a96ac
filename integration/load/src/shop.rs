//! The caller's question to the web application, as the servers ask it that are written with a library.

use std::collections::HashMap;
use std::sync::Mutex;

use serde::Deserialize;

/// The digits that the caller presses.
pub const DIGITS: &str = "4711";
/// The caller's number.
pub const CALLER: &str = "1000";
/// The variable that each server sets, and its value.
pub const VARIABLE: &str = "ORDER_STATUS";
pub const STATUS: &str = "shipped";
/// The web application's answer to each request.
pub const ANSWER: &str = r#"{"data":{"code":"200","status":"shipped"}}"#;

#[derive(Deserialize)]
struct Answer {
    data: Order,
}

#[derive(Deserialize, Clone)]
struct Order {
    code: String,
    status: String,
}

/// What a server knows about the web application.
pub struct Shop {
    client: reqwest::Client,
    url: Option<String>,
    /// The answers that are kept; `None` if each call asks.
    cache: Option<Mutex<HashMap<String, Order>>>,
}

impl Shop {
    /// From the arguments of a server: `URL` and `uncached` or `cached`; none of them without a trigger.
    pub fn from_arguments(arguments: &[String]) -> Self {
        let cached = arguments.get(1).is_some_and(|word| word == "cached");
        Self {
            client: reqwest::Client::new(),
            url: arguments.first().cloned(),
            cache: cached.then(Mutex::default),
        }
    }

    /// The value of the variable for a call, by the branch that its order takes.
    ///
    /// # Errors
    ///
    /// A text that says what failed.
    pub async fn order_status(&self, caller: &str, digits: &str) -> Result<String, String> {
        let Some(url) = &self.url else {
            return match digits {
                DIGITS => Ok(STATUS.into()),
                _ => Err(format!("no branch for {digits}")),
            };
        };
        let url = format!("{url}?caller={caller}&orderID={digits}");
        let order = self.order(url).await?;
        match order.code.as_str() {
            "200" => Ok(order.status),
            code => Err(format!("no branch for {code}")),
        }
    }

    async fn order(&self, url: String) -> Result<Order, String> {
        if let Some(order) = self.kept(&url) {
            return Ok(order);
        }
        let reply = self.client.get(&url).send().await.map_err(|error| format!("{error:?}"))?;
        let Answer { data } = reply.json().await.map_err(|error| format!("{error:?}"))?;
        if let Some(Ok(mut cache)) = self.cache.as_ref().map(Mutex::lock) {
            cache.insert(url, data.clone());
        }
        Ok(data)
    }

    fn kept(&self, url: &str) -> Option<Order> {
        self.cache.as_ref()?.lock().ok()?.get(url).cloned()
    }
}
