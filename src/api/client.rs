//! The client and the chain that every request passes: limit, log, send one attempt, classify, retry, parse.
//!
//! It knows no resource of the API: those call [`Client::call`] and say what they expect back.

use std::{
    fmt,
    sync::{Arc, atomic::AtomicU8},
    time::Duration,
};

use reqwest::header::HeaderValue;
use secrecy::SecretString;
use tokio::{
    sync::OnceCell,
    time::{Instant, sleep, sleep_until, timeout},
};

use super::{
    Cancel, Pace,
    address::Address,
    answer::FromJson,
    auth,
    call::Call,
    classify::{Failure, Read, classify},
    error::{Error, Kind},
    limit::Limit,
    record::Attempt,
    retry::{Decision, Tried, decide},
    secrets::Secrets,
    send,
    writes::Writes,
};

/// Where the API of Paperspace is found.
pub const DEFAULT_BASE_URL: &str = "https://api.paperspace.com/v1";

/// The most time that one attempt is given, whatever the settings say: no clock can add up any two durations.
const LONGEST_ATTEMPT: Duration = Duration::from_secs(24 * 60 * 60);

/// The most time that one request is given with all its attempts.
const LONGEST_BUDGET: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// What a client needs to know. `Debug` does not show the key.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The address of the API, such as [`DEFAULT_BASE_URL`]. Plain http is for loopback hosts only.
    pub base_url: String,
    /// The API key, which belongs to one team.
    pub api_key: SecretString,
    /// Names this program to the service.
    pub user_agent: String,
    /// The time that one attempt may take.
    pub request_timeout: Duration,
    /// How often one request may be tried again.
    pub max_retries: u32,
    /// The time that one request may take with all its attempts: no attempt begins after it.
    pub total_budget: Duration,
    /// The client's own limit of requests per second, shared by its clones.
    pub requests_per_second: Option<f64>,
    /// How fast to try and to look again.
    pub pace: Pace,
}

impl Settings {
    /// The defaults, with a key.
    pub fn new(api_key: SecretString) -> Self {
        Self {
            base_url: DEFAULT_BASE_URL.into(),
            api_key,
            user_agent: concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION")).into(),
            request_timeout: Duration::from_secs(30),
            max_retries: 5,
            total_budget: Duration::from_secs(300),
            requests_per_second: None,
            pace: Pace::default(),
        }
    }
}

/// A client of the API. Clones are cheap and share connections, the limit of requests, what was learnt about the service
/// and the secrets that never show; each carries its own cancellation and deadline.
///
/// When cancelled or out of time, waits and reads end at once. A request that changes something and is already on its
/// way is left to its answer, within the time of one attempt: to drop it would leave unknown what it did.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
    cancel: Cancel,
    deadline: Option<Instant>,
    max_retries: u32,
}

struct Shared {
    address: Address,
    authorization: HeaderValue,
    secrets: Secrets,
    user_agent: String,
    request_timeout: Duration,
    total_budget: Duration,
    pace: Pace,
    limit: Limit,
    /// Made at the first request, because it may have to load root certificates.
    http: OnceCell<reqwest::Client>,
    /// Which family of template endpoints answers; the meaning is with the templates.
    template_endpoints: AtomicU8,
    /// What was changed so far.
    writes: Arc<Writes>,
}

impl Client {
    /// Checks the settings. Makes no request.
    pub fn new(settings: Settings) -> Result<Self, Error> {
        let Settings {
            base_url,
            api_key,
            user_agent,
            request_timeout,
            max_retries,
            total_budget,
            requests_per_second,
            pace,
        } = settings;
        if request_timeout.is_zero() {
            return Err(Error::config("The time for one attempt is zero."));
        }
        if HeaderValue::from_str(&user_agent).is_err() {
            return Err(Error::config(
                "The user agent holds characters that an HTTP header cannot hold.",
            ));
        }
        let shared = Shared {
            address: Address::parse(&base_url)?,
            authorization: auth::bearer(&api_key)?,
            secrets: Secrets::new(&api_key),
            user_agent,
            request_timeout: request_timeout.min(LONGEST_ATTEMPT),
            total_budget: total_budget.min(LONGEST_BUDGET),
            pace: pace.bounded(),
            limit: Limit::new(requests_per_second)?,
            http: OnceCell::new(),
            template_endpoints: AtomicU8::new(0),
            writes: Arc::default(),
        };
        Ok(Self {
            shared: Arc::new(shared),
            cancel: Cancel::new(),
            deadline: None,
            max_retries,
        })
    }

    /// A clone that the token ends, instead of the token it had.
    #[must_use]
    pub fn with_cancel(&self, cancel: Cancel) -> Self {
        Self { cancel, ..self.clone() }
    }

    /// A clone that ends at the deadline, or at the one it had if that is earlier.
    #[must_use]
    pub fn with_deadline(&self, deadline: Instant) -> Self {
        Self {
            deadline: Some(self.deadline.map_or(deadline, |earlier| earlier.min(deadline))),
            ..self.clone()
        }
    }

    /// A clone that tries no request again more often than this, nor more often than the client it was made of.
    #[must_use]
    pub fn with_max_retries(&self, max_retries: u32) -> Self {
        Self {
            max_retries: self.max_retries.min(max_retries),
            ..self.clone()
        }
    }

    /// The token that ends this clone's work.
    pub fn cancel(&self) -> &Cancel {
        &self.cancel
    }

    /// When this clone's time is up.
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// A clone that neither its token nor its deadline ends.
    #[must_use]
    pub fn unhurried(&self) -> Self {
        Self {
            cancel: Cancel::new(),
            deadline: None,
            ..self.clone()
        }
    }

    /// The time that one attempt of a request may take.
    pub fn request_timeout(&self) -> Duration {
        self.shared.request_timeout
    }

    /// How fast to try and to look again.
    pub fn pace(&self) -> Pace {
        self.shared.pace
    }

    /// The address of the API.
    pub fn base_url(&self) -> &str {
        self.shared.address.as_str()
    }

    pub(super) fn template_endpoints(&self) -> &AtomicU8 {
        &self.shared.template_endpoints
    }

    /// What this client and its clones have changed so far.
    pub fn writes(&self) -> &Arc<Writes> {
        &self.shared.writes
    }

    /// Makes a request and reads its answer as a `T`.
    pub(super) async fn call<T: FromJson + Send>(&self, call: Call) -> Result<T, Error> {
        call.check()?;
        let Shared { secrets, writes, .. } = &*self.shared;
        if let Some(body) = &call.body {
            secrets.learn_from(body);
        }
        let _write = writes.begin(&call);
        let mut value = None;
        // What is tried again does not depend on what is read, and is not compiled for each.
        self.attempts(&call, &mut |json| {
            value = Some(T::from_json(json, secrets)?);
            Ok(())
        })
        .await?;
        Ok(value.expect("an attempt only succeeds once its answer was read"))
    }

    /// Tries until an answer was read, a failure is to be kept, or no time is left.
    async fn attempts(&self, call: &Call, read: &mut Read<'_>) -> Result<(), Error> {
        let Shared { address, secrets, .. } = &*self.shared;
        let mut progress = Progress::start(secrets.text(&call.label()), address.is_loopback());
        let mut backoff = self.shared.pace.delays();
        loop {
            if let Err(stop) = self.unless_stopped(self.shared.limit.turn()).await {
                return Err(progress.stopped(stop, None));
            }
            let failure = match self.attempt(call, read, &progress).await {
                Ok(()) => return Ok(()),
                Err(failure) => failure,
            };
            let Failure { kind, retry_after, .. } = failure;
            let error = progress.error(failure);
            let backoff = backoff.next().unwrap_or(self.shared.pace.max);
            match decide(
                &call.method,
                kind,
                retry_after,
                progress.tried,
                self.max_retries,
                backoff,
            ) {
                Decision::GiveUp => return Err(error),
                Decision::Retry(delay) => self.pause(delay, &progress, error).await?,
            }
            progress.tried.retries += 1;
        }
    }

    /// Sleeps before the next attempt. Where the deadline comes before the end of the delay, the delay is shortened, so
    /// that one more attempt is made as long as there is time for it. What would take the request beyond its budget is
    /// not waited for: the last failure is the request's, as if it had no attempt left.
    async fn pause(&self, delay: Duration, progress: &Progress, last: Error) -> Result<(), Error> {
        let now = Instant::now();
        let delay = match self.deadline {
            Some(deadline) => match shortened(delay, deadline.saturating_duration_since(now), self.shared.pace.first) {
                Some(delay) => delay,
                None => return Err(progress.stopped(Kind::DeadlineExceeded, Some(last))),
            },
            None => delay,
        };
        if now + delay > progress.started + self.shared.total_budget {
            return Err(last);
        }
        match self.unless_stopped(sleep(delay)).await {
            Ok(()) => Ok(()),
            Err(stop) => Err(progress.stopped(stop, Some(last))),
        }
    }

    /// One attempt, with one log line.
    async fn attempt(&self, call: &Call, read: &mut Read<'_>, progress: &Progress) -> Result<(), Failure> {
        let Shared {
            address,
            authorization,
            request_timeout,
            secrets,
            ..
        } = &*self.shared;
        // Not part of the attempt's time: the first time, it loads the system's certificates.
        let http = self.http().await?;
        let started = Instant::now();
        let sending = async {
            match timeout(*request_timeout, send::once(http, address, authorization.clone(), call)).await {
                Ok(answer) => answer,
                Err(_) => Err(Failure::new(Kind::Timeout, "The server did not answer in time.")),
            }
        };
        let answer = if call.is_read() {
            self.unless_stopped(sending)
                .await
                .unwrap_or_else(|stop| Err(stop_failure(stop)))
        } else {
            sending.await
        };
        let elapsed = started.elapsed();
        let (answer, result) = match answer {
            Ok(answer) => {
                let result = classify(&answer, secrets, read);
                (Some(answer), result)
            }
            Err(failure) => (None, Err(failure)),
        };
        let attempt = Attempt {
            call,
            number: progress.tried.retries,
            elapsed,
            answer: answer.as_ref(),
            failure: result.as_ref().err(),
        };
        attempt.log(secrets);
        result
    }

    async fn http(&self) -> Result<&reqwest::Client, Failure> {
        let Shared {
            address,
            user_agent,
            request_timeout,
            http,
            ..
        } = &*self.shared;
        http.get_or_try_init(|| async { send::client(address, user_agent, *request_timeout) })
            .await
    }

    /// Runs a future to its end, or tells by what it was stopped. A stop that has happened comes first.
    pub(super) async fn unless_stopped<F: Future>(&self, future: F) -> Result<F::Output, Kind> {
        let deadline = async {
            match self.deadline {
                Some(deadline) => sleep_until(deadline).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = self.cancel.cancelled() => Err(Kind::Cancelled),
            () = deadline => Err(Kind::DeadlineExceeded),
            output = future => Ok(output),
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("base_url", &self.base_url())
            .finish_non_exhaustive()
    }
}

/// A delay that leaves `margin` of the time `left` for an attempt after it; `None` where there is no more than that.
fn shortened(delay: Duration, left: Duration, margin: Duration) -> Option<Duration> {
    let longest = left.checked_sub(margin).filter(|longest| !longest.is_zero())?;
    Some(delay.min(longest))
}

/// What is known of a request while it is being made.
struct Progress {
    request: String,
    is_local: bool,
    started: Instant,
    tried: Tried,
    may_have_acted: bool,
}

impl Progress {
    fn start(request: String, is_local: bool) -> Self {
        Self {
            request,
            is_local,
            started: Instant::now(),
            tried: Tried::default(),
            may_have_acted: false,
        }
    }

    /// The error for a failed attempt; remembers if that attempt may have acted.
    fn error(&mut self, failure: Failure) -> Error {
        let Failure {
            kind,
            status,
            code,
            message,
            source,
            retry_after: _,
        } = failure;
        self.tried.foreign += u32::from(kind.is_foreign());
        let mut error = Error::new(kind, self.request.clone(), message).caused_by_shared(source);
        error.status = status;
        error.code = code;
        error.retries = self.tried.retries;
        error.elapsed = self.started.elapsed();
        error.is_local = self.is_local;
        error = error.with_doubt(self.may_have_acted);
        self.may_have_acted = error.is_ambiguous();
        error
    }

    /// The error for being stopped between attempts, caused by the last one's failure.
    fn stopped(&self, stop: Kind, last: Option<Error>) -> Error {
        let Failure { message, .. } = stop_failure(stop);
        let mut error = Error::new(stop, self.request.clone(), message).with_doubt(self.may_have_acted);
        error.retries = self.tried.retries;
        error.elapsed = self.started.elapsed();
        error.is_local = self.is_local;
        match last {
            Some(last) => {
                error.status = last.status;
                error.code.clone_from(&last.code);
                error.caused_by(last)
            }
            None => error,
        }
    }
}

fn stop_failure(stop: Kind) -> Failure {
    let message = if stop == Kind::Cancelled {
        "The operation was cancelled."
    } else {
        "The time for the operation is up."
    };
    Failure::new(stop, message)
}

#[cfg(test)]
mod silence;
#[cfg(test)]
mod tests;
