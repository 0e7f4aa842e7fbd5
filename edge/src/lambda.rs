//! The Lambda function: polls the Runtime API, answers events, writes one line of log
//! for each. What is slow to set up is set up beside the first poll, never before it.

pub(crate) mod line;
pub(crate) mod machine;

use std::{
    env,
    ffi::OsString,
    fs,
    sync::{
        Arc, Mutex, PoisonError, TryLockError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use edgepix_engine::Speed;
use lambda_runtime::{LambdaEvent, service_fn};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    clock::SystemClock,
    config::Config,
    event::cloudfront::{Event, Exchange, Response},
    origin_response::{self, Answered},
    room::Room,
    status::Reason,
    store::{Connection, Credentials, Opened, Place},
};
use machine::Machine;

/// The file that the launcher leaves before it starts us: while it is there, we are
/// taken to have failed.
pub(crate) const STARTING: &str = "EDGEPIX_STARTING";

/// Time kept for handing an answer over when the work on it was given up.
const SENDING: Duration = Duration::from_millis(50);

/// What CloudFront gets.
#[derive(Serialize)]
#[serde(untagged)]
enum Reply {
    Response(Box<Response>),
    /// The origin's own answer, as it came.
    Unread(Value),
}

/// What lives as long as the function's environment.
struct Function {
    /// Or what is wrong with it: then nothing is changed.
    config: Result<Config, String>,
    stores: Arc<Opened>,
    machine: Machine,
    speed: Mutex<Speed>,
    /// Held while an image is made: there is memory for one.
    working: Mutex<()>,
    warm: AtomicBool,
}

/// The first variable that Lambda sets and this process does not have.
pub(crate) fn missing_variable(
    variable: impl Fn(&str) -> Option<OsString>,
) -> Option<&'static str> {
    [
        "AWS_LAMBDA_RUNTIME_API",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_VERSION",
    ]
    .into_iter()
    .find(|name| variable(name).is_none())
}

/// Answers events until the environment ends. With a configuration that is wrong,
/// every answer is the origin's own, and says so.
///
/// # Errors
///
/// What ended the conversation with the Runtime API.
pub fn run(config: Result<Config, String>) -> Result<(), lambda_runtime::Error> {
    report_panics_in_one_line();
    let variable = |name: &str| env::var(name).ok();
    // One thread for what waits, and one for the image: there is less than one
    // processor for both.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .build()?;
    let stores = Arc::new(Opened::new(
        runtime.handle().clone(),
        Credentials::in_environment(variable),
        Connection::in_environment(variable),
    ));
    let place = config
        .as_ref()
        .ok()
        .and_then(|config| Place::configured(&config.store));
    let function = Arc::new(Function {
        config,
        stores: stores.clone(),
        machine: Machine::of(variable),
        speed: Mutex::new(Speed::REFERENCE),
        working: Mutex::new(()),
        warm: AtomicBool::new(false),
    });
    runtime.block_on(async {
        tokio::task::spawn_blocking(move || stores.warm(place.as_ref()));
        lambda_runtime::run(service_fn(|event: LambdaEvent<Value>| {
            let function = function.clone();
            async move { function.call(event).await }
        }))
        .await
    })
}

impl Function {
    async fn call(
        self: Arc<Self>,
        event: LambdaEvent<Value>,
    ) -> Result<Reply, lambda_runtime::Error> {
        let (mut payload, context) = event.into_parts();
        let exchange = match Event::deserialize(&payload) {
            Ok(event) => event.records.into_iter().next().map(|record| record.cf),
            Err(error) => return passed_unread(&mut payload, &error.to_string()),
        };
        let Some(exchange) = exchange else {
            return passed_unread(&mut payload, "it has no record");
        };
        let exchange = Arc::new(exchange);
        let left = context
            .deadline()
            .duration_since(std::time::SystemTime::now())
            .unwrap_or_default();
        let room = self.room(Instant::now() + left);
        let work = {
            let (function, exchange) = (self.clone(), exchange.clone());
            tokio::task::spawn_blocking(move || function.answer(&exchange, &room))
        };
        // What cannot be interrupted may be late; its thread is left to itself.
        let end = left.saturating_sub((left / 40).min(SENDING));
        let given_up = |reason| match &self.config {
            Ok(config) => origin_response::given_up(&exchange, reason, config),
            Err(why) => origin_response::unconfigured(&exchange, why),
        };
        let answered = match tokio::time::timeout(end, work).await {
            Ok(Ok(answered)) => answered,
            Ok(Err(_)) => given_up(Reason::Panic),
            Err(_) => given_up(Reason::Time),
        };
        let warm = self.warm.swap(true, Ordering::Relaxed);
        println!(
            "{}",
            line::of(
                &exchange,
                &answered.record,
                &self.machine,
                warm,
                &context.request_id
            )
        );
        if !warm {
            self.started();
        }
        Ok(Reply::Response(Box::new(answered.response)))
    }

    fn answer(&self, exchange: &Exchange, room: &Room) -> Answered {
        let config = match &self.config {
            Ok(config) => config,
            Err(why) => return origin_response::unconfigured(exchange, why),
        };
        let _working = match self.working.try_lock() {
            Ok(working) => working,
            Err(TryLockError::Poisoned(after_panic)) => after_panic.into_inner(),
            // Work that was given up goes on, and still has the memory.
            Err(TryLockError::WouldBlock) => {
                return origin_response::given_up(exchange, Reason::Time, config);
            }
        };
        let stores = self.stores.as_ref();
        let answered = origin_response::answer(exchange, room, stores, config, &SystemClock);
        if let Some(speed) = answered.record.speed {
            *self.speed.lock().unwrap_or_else(PoisonError::into_inner) = speed;
        }
        answered
    }

    fn room(&self, deadline: Instant) -> Room {
        let speed = *self.speed.lock().unwrap_or_else(PoisonError::into_inner);
        self.machine.room(deadline, speed)
    }

    /// Tells the launcher that we work: the first answer is ready.
    fn started(&self) {
        if let Some(marker) = env::var_os(STARTING) {
            // If it stays, the next start in this environment passes through: no harm
            // but a slow page, and the log of that start says so.
            let _ = fs::remove_file(marker);
        }
    }
}

/// The origin's own answer to an event that we cannot read.
///
/// # Errors
///
/// If there is none: then the event is of another kind.
fn passed_unread(event: &mut Value, why: &str) -> Result<Reply, lambda_runtime::Error> {
    let response = event.pointer_mut("/Records/0/cf/response");
    let Some(mut response) = response.map(Value::take).filter(Value::is_object) else {
        let text = format!("the event is not an origin-response event of CloudFront: {why}");
        return Err(text.into());
    };
    println!("{}", serde_json::json!({ "level": "error", "event": why }));
    let said = format!("passthrough; reason={}", Reason::Event.word());
    response["headers"]["x-edgepix"] = serde_json::json!([{ "key": "X-Edgepix", "value": said }]);
    Ok(Reply::Unread(response))
}

/// CloudWatch makes a record of each line.
fn report_panics_in_one_line() {
    std::panic::set_hook(Box::new(|info| {
        let message = info.payload_as_str().unwrap_or("no message");
        let place = info.location().map(ToString::to_string);
        let line = serde_json::json!({ "level": "error", "panic": message, "at": place });
        println!("{line}");
    }));
}
