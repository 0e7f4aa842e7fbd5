//! The Lambda function: asks the Runtime API for events and answers them.

use lambda_runtime::{Error, LambdaEvent, service_fn};

use crate::event::cloudfront::{Event, Response};

/// Answers events until the process is ended.
///
/// # Errors
///
/// What the Runtime API refused.
pub fn run() -> Result<(), Error> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(lambda_runtime::Runtime::new(service_fn(answer)).run())
}

async fn answer(event: LambdaEvent<Event>) -> Result<Response, Error> {
    let record = event.payload.records.into_iter().next();
    let response = record.ok_or("an event has one record")?.cf.response;
    // The answer leaves only after this; the real shell waits for it.
    if let Some(marker) = std::env::var_os("EDGEPIX_STARTING") {
        let _ = std::fs::remove_file(marker);
    }
    Ok(response)
}
