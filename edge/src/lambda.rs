//! The Lambda function: polls the Runtime API, answers events, writes one line of log
//! for each. What is slow to set up is set up beside the first poll, never before it.
//!
//! One function answers every kind of event: `CloudFront`'s at the edge, and in a Region
//! requests over HTTP and S3's notifications.

pub(crate) mod handed;
pub(crate) mod line;
pub(crate) mod machine;
pub(crate) mod places;

use std::{
    env,
    ffi::OsString,
    fs,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, TryLockError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use edgepix_engine::Speed;
use lambda_runtime::{Diagnostic, FunctionResponse, LambdaEvent, service_fn, streaming::Body};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    clock::SystemClock,
    config::Config,
    event::{
        cloudfront::{Event, Exchange, Response},
        http::{Call, Carrier},
        s3::Notification,
    },
    invalidation::{Invalidate, Invalidations},
    origin_response::{self, Answered},
    regional::{self, Region},
    room::Room,
    status::Reason,
    store::{Connection, Credentials, Opened},
    sync::sync,
};
use handed::Buffered;
use machine::Machine;
use places::Places;

/// The file that the launcher leaves before it starts us: while it is there, we are
/// taken to have failed.
pub(crate) const STARTING: &str = "EDGEPIX_STARTING";

/// Time kept for handing an answer over when the work on it was given up.
const SENDING: Duration = Duration::from_millis(50);

/// What is handed over as one text.
#[derive(Serialize)]
#[serde(untagged)]
enum Reply {
    Response(Box<Response>),
    /// The origin's own answer, as it came; or nothing, where nobody waits for one.
    Unread(Value),
    /// An answer over HTTP.
    Buffered(Buffered),
}

/// What the service that called gets.
type Handed = Result<FunctionResponse<Reply, Body>, Diagnostic>;

/// What lives as long as the function's environment.
struct Function {
    /// Or what is wrong with it: then nothing is changed.
    config: Result<Config, String>,
    stores: Arc<Opened>,
    /// Where a function in a Region finds things, or why it does not know.
    places: Result<Places, String>,
    /// Whether function URLs get streams.
    streams: bool,
    /// What has its distribution forget, if one is configured.
    invalidations: Option<Invalidations>,
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
    let credentials = Credentials::in_environment(variable);
    let connection = Connection::in_environment(variable);
    let distribution = config.as_ref().ok();
    let distribution = distribution.and_then(|config| config.function.distribution.as_deref());
    let invalidations = distribution.map(|distribution| {
        let (credentials, connection) = (credentials.clone(), connection.clone());
        let runtime = runtime.handle().clone();
        Invalidations::new(distribution, runtime, credentials, connection, variable)
    });
    let stores = Arc::new(Opened::new(
        runtime.handle().clone(),
        credentials,
        connection,
    ));
    let machine = Machine::of(variable);
    let places = match &config {
        Ok(config) => Places::of(config, &machine.region),
        Err(why) => Err(why.clone()),
    };
    let streams = match &config {
        Ok(config) => config.function.stream,
        // A URL that streams takes nothing else, whatever is wrong with the rest.
        Err(_) => env::var("EDGEPIX_FUNCTION_STREAM").is_ok_and(|said| said == "true"),
    };
    let place = places.as_ref().ok().map(|places| places.originals.clone());
    let function = Arc::new(Function {
        config,
        stores: stores.clone(),
        places,
        streams,
        invalidations,
        machine,
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
    async fn call(self: Arc<Self>, event: LambdaEvent<Value>) -> Handed {
        let (mut payload, context) = event.into_parts();
        match Call::of_event(&payload) {
            Ok(Some(mut call)) => {
                if call.request_id.is_empty() {
                    // A template need not say it, and people ask for one.
                    call.request_id.clone_from(&context.request_id);
                }
                return self.answer_http(call, &context).await;
            }
            Ok(None) => {}
            Err(error) => return Err(lambda_runtime::Error::from(error).into()),
        }
        if Notification::is_meant(&payload) {
            return self.bring_in_step(&payload, &context).await;
        }
        let exchange = match Event::deserialize(&payload) {
            Ok(event) => event.records.into_iter().next().map(|record| record.cf),
            Err(error) => return passed_unread(&mut payload, &error.to_string()),
        };
        let Some(exchange) = exchange else {
            return passed_unread(&mut payload, "it has no record");
        };
        let exchange = Arc::new(exchange);
        let left = left(&context);
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
        self.log(&(&*exchange).into(), &answered.record, &context.request_id);
        let reply = Reply::Response(Box::new(answered.response));
        Ok(FunctionResponse::BufferedResponse(reply))
    }

    /// Answers a request over HTTP.
    async fn answer_http(self: Arc<Self>, call: Call, context: &lambda_runtime::Context) -> Handed {
        let (left, call) = (left(context), Arc::new(call));
        let streams = self.streams && call.carrier == Carrier::FunctionUrl;
        let room = Room {
            response_bytes: (!streams).then_some(regional::BUFFERED_BYTES),
            ..self.room(Instant::now() + left)
        };
        let work = {
            let (function, call) = (self.clone(), call.clone());
            tokio::task::spawn_blocking(move || {
                let regional::Answered { reply, record } = function.answer_in_region(&call, &room);
                (hand(reply, &call, streams), record)
            })
        };
        let given_up = |reason| {
            let answered = match &self.config {
                Ok(config) => regional::given_up(&call, reason, config),
                Err(why) => regional::unconfigured(&call, why),
            };
            (hand(answered.reply, &call, streams), answered.record)
        };
        let end = left.saturating_sub((left / 40).min(SENDING));
        let (handed, record) = match tokio::time::timeout(end, work).await {
            Ok(Ok(worked)) => worked,
            Ok(Err(_)) => given_up(Reason::Panic),
            Err(_) => given_up(Reason::Time),
        };
        self.log(&(&*call).into(), &record, &context.request_id);
        handed
    }

    fn answer_in_region(&self, call: &Call, room: &Room) -> regional::Answered {
        let (config, places) = match (&self.config, &self.places) {
            (Ok(config), Ok(places)) => (config, places),
            (Err(why), _) | (_, Err(why)) => return regional::unconfigured(call, why),
        };
        let opened = places.open(&self.stores);
        let (originals, derivatives) = match &opened {
            Ok((originals, derivatives)) => (&**originals, &**derivatives),
            Err(why) => return regional::unconfigured(call, why),
        };
        let Some(_working) = self.begin() else {
            return regional::given_up(call, Reason::Time, config);
        };
        let region = Region {
            originals,
            derivatives,
            invalidate: self.invalidate(),
            config,
            clock: &SystemClock,
        };
        let answered = regional::answer(call, &region, room);
        self.learn(answered.record.speed);
        answered
    }

    /// Does what S3's notifications are hints of. Fails if any of it may work later: then S3
    /// and Lambda have the event come again.
    async fn bring_in_step(
        self: Arc<Self>,
        event: &Value,
        context: &lambda_runtime::Context,
    ) -> Handed {
        let event = Notification::deserialize(event).map_err(lambda_runtime::Error::from)?;
        if let Err(why) = &self.config {
            return Err(lambda_runtime::Error::from(why.clone()).into());
        }
        let left = left(context);
        let deadline = Instant::now() + left.saturating_sub((left / 40).min(SENDING));
        let function = self.clone();
        let work = tokio::task::spawn_blocking(move || match &function.config {
            Ok(config) => {
                let stores = function.stores.as_ref();
                sync(
                    &event,
                    stores,
                    function.invalidate(),
                    config,
                    Some(deadline),
                )
            }
            Err(_) => vec![],
        });
        let records = work.await.map_err(lambda_runtime::Error::from)?;
        for record in &records {
            println!(
                "{}",
                line::of_sync(record, &self.machine, &context.request_id)
            );
        }
        self.warm.store(true, Ordering::Relaxed);
        let failed = records.iter().filter(|record| record.may_pass()).count();
        if failed > 0 {
            let text = format!("{failed} of {} objects failed for now", records.len());
            return Err(lambda_runtime::Error::from(text).into());
        }
        Ok(FunctionResponse::BufferedResponse(Reply::Unread(
            Value::Null,
        )))
    }

    fn invalidate(&self) -> Option<&dyn Invalidate> {
        let invalidations = self.invalidations.as_ref();
        invalidations.map(|invalidations| invalidations as &dyn Invalidate)
    }

    /// Writes the line of a request, and tells the launcher at the first one.
    fn log(&self, asked: &line::Asked<'_>, record: &crate::record::Record, request_id: &str) {
        let warm = self.warm.swap(true, Ordering::Relaxed);
        let line = line::of(asked, record, &self.machine, warm, request_id);
        println!("{line}");
        if !warm {
            self.started();
        }
    }

    /// Takes the memory for an image, unless work that was given up still has it.
    fn begin(&self) -> Option<MutexGuard<'_, ()>> {
        match self.working.try_lock() {
            Ok(working) => Some(working),
            Err(TryLockError::Poisoned(after_panic)) => Some(after_panic.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    fn learn(&self, speed: Option<Speed>) {
        if let Some(speed) = speed {
            *self.speed.lock().unwrap_or_else(PoisonError::into_inner) = speed;
        }
    }

    fn answer(&self, exchange: &Exchange, room: &Room) -> Answered {
        let config = match &self.config {
            Ok(config) => config,
            Err(why) => return origin_response::unconfigured(exchange, why),
        };
        let Some(_working) = self.begin() else {
            return origin_response::given_up(exchange, Reason::Time, config);
        };
        let stores = self.stores.as_ref();
        let answered = origin_response::answer(exchange, room, stores, config, &SystemClock);
        self.learn(answered.record.speed);
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
fn passed_unread(event: &mut Value, why: &str) -> Handed {
    let response = event.pointer_mut("/Records/0/cf/response");
    let Some(mut response) = response.map(Value::take).filter(Value::is_object) else {
        return Err(Diagnostic {
            error_type: "UnknownEvent".into(),
            error_message: format!(
                "the event is of no kind that is answered ({why}): CloudFront's origin-response, \
                 requests of API Gateway and of function URLs, S3's notifications"
            ),
        });
    };
    println!("{}", serde_json::json!({ "level": "error", "event": why }));
    let said = format!("passthrough; reason={}", Reason::Event.word());
    response["headers"]["x-edgepix"] = serde_json::json!([{ "key": "X-Edgepix", "value": said }]);
    Ok(FunctionResponse::BufferedResponse(Reply::Unread(response)))
}

/// Hands an answer over in the form that its carrier takes.
fn hand(reply: regional::Reply, call: &Call, streams: bool) -> Handed {
    if streams {
        let runtime = tokio::runtime::Handle::current();
        let streamed = handed::streamed(reply, &runtime);
        return Ok(FunctionResponse::StreamingResponse(streamed));
    }
    let buffered = handed::buffered(reply, call.carrier)?;
    Ok(FunctionResponse::BufferedResponse(Reply::Buffered(
        buffered,
    )))
}

/// The time that an invocation has left.
fn left(context: &lambda_runtime::Context) -> Duration {
    let now = std::time::SystemTime::now();
    context.deadline().duration_since(now).unwrap_or_default()
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
