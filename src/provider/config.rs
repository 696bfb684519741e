//! The provider block, and how its arguments, the environment and the official command line's files come together.
//!
//! What stands in the block beats the environment, and the environment beats the credentials file. Where the key comes from
//! and where it may be sent is decided in `key`. Configuring makes no request.

mod key;

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::api::{Client, DEFAULT_BASE_URL, Error, Host, Pace, Settings, check_address, check_key, check_rate};
use crate::diag::{Diagnostic, Diagnostics};
use crate::schema::{Check, Model, Schema, parse_duration};
use crate::server::Configuration;
use crate::value::{Number, Tf};

use super::{Configured, errors, region};

/// How long one attempt of a request may take where nothing else is said.
const DEFAULT_REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// How often a request is repeated where nothing else is said.
const DEFAULT_MAX_RETRIES: u32 = 5;

/// The environment variables that stand in for arguments.
const API_KEY: &str = "PAPERSPACE_API_KEY";
const TEAM: &str = "PAPERSPACE_TEAM";
const API_URL: &str = "PAPERSPACE_API_URL";
const REGION: &str = "PAPERSPACE_REGION";
/// The environment variable with which runs against the simulator are made quicker.
pub(super) const POLL_INTERVAL: &str = "PAPERSPACE_POLL_INTERVAL";

/// What else is read from the environment, each with a sentence for the documentation.
pub const ENVIRONMENT: &[(&str, &str)] = &[
    (
        POLL_INTERVAL,
        "How soon a running operation is looked at again, such as `100ms`. It is meant for runs against the simulator, \
         which is quicker than the service.",
    ),
    (
        "HTTPS_PROXY",
        "The proxy through which the API is reached; `NO_PROXY` names hosts that are reached without it. A simulator on \
         this computer is never asked through a proxy.",
    ),
    (
        "SSL_CERT_FILE",
        "On Linux, a file of certificate authorities to trust in the place of the system's, for a proxy that inspects TLS.",
    ),
    (
        "TF_LOG_PROVIDER",
        "What the provider logs; each request to the API is a line at `DEBUG`.",
    ),
];

/// The provider block. `Debug` does not show the key.
#[derive(Clone, Default, PartialEq)]
#[expect(missing_docs, reason = "each field is described where it is declared")]
pub struct ProviderConfig {
    pub api_key: Tf<String>,
    pub team: Tf<String>,
    pub api_url: Tf<String>,
    pub region: Tf<String>,
    pub request_timeout: Tf<String>,
    pub max_retries: Tf<i64>,
    pub requests_per_second: Tf<Number>,
    pub batch_reads: Tf<bool>,
    pub plan_checks: Tf<bool>,
    pub unique_names: Tf<bool>,
}

impl fmt::Debug for ProviderConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            api_key,
            team,
            api_url,
            region,
            request_timeout,
            max_retries,
            requests_per_second,
            batch_reads,
            plan_checks,
            unique_names,
        } = self;
        f.debug_struct("ProviderConfig")
            .field("api_key", &api_key.clone().map(|_| "[REDACTED]"))
            .field("team", team)
            .field("api_url", api_url)
            .field("region", region)
            .field("request_timeout", request_timeout)
            .field("max_retries", max_retries)
            .field("requests_per_second", requests_per_second)
            .field("batch_reads", batch_reads)
            .field("plan_checks", plan_checks)
            .field("unique_names", unique_names)
            .finish()
    }
}

impl Model for ProviderConfig {
    fn declare(s: &mut Schema<Self>) {
        s.describe(
            "Manages GPU machines and what belongs to them on Paperspace, by DigitalOcean. Every argument is optional: with \
             `PAPERSPACE_API_KEY` in the environment, or after a login with Paperspace's own command line, an empty provider \
             block works.",
        );
        s.attr("api_key", |m| &mut m.api_key)
            .sensitive()
            .check(Check::NotEmpty)
            .environment(API_KEY)
            .doc(
                "The API key of a team, made in the Paperspace console under the team's settings. Where neither this, `team` \
                 nor the environment says otherwise, the key is taken from `~/.paperspace/credentials.toml`, which \
                 Paperspace's own command line writes.",
            );
        s.attr("team", |m| &mut m.team)
            .check(Check::NotEmpty)
            .check(Check::ConflictsWith("api_key"))
            .environment(TEAM)
            .doc(
                "The team whose key is taken from `~/.paperspace/credentials.toml`, whatever `PAPERSPACE_API_KEY` is. Where \
                 nothing gives a key or a team, the current team of `~/.paperspace/config.toml` counts.",
            );
        s.attr("api_url", |m| &mut m.api_url)
            .check(Check::NotEmpty)
            .environment(API_URL)
            .doc(format!(
                "The address of the API, `{DEFAULT_BASE_URL}` by default. Plain `http` is accepted only for this computer \
                 itself, where the simulator runs. A key from `~/.paperspace/credentials.toml` is sent to no other host that \
                 is named here, since a provider block may be a module's."
            ));
        s.attr("region", |m| &mut m.region)
            .check(Check::NotEmpty)
            .environment(REGION)
            .doc("The region of new resources that name none, such as `East Coast (NY2)` or `ny2`.");
        s.attr("request_timeout", |m| &mut m.request_timeout)
            .check(Check::Duration)
            .doc("How long one attempt of a request to the API may take, such as `45s`; `30s` by default.");
        s.attr("max_retries", |m| &mut m.max_retries)
            .between(0, 100)
            .doc("How often a request that failed in passing is repeated; 5 times by default.");
        s.attr("requests_per_second", |m| &mut m.requests_per_second)
            .check(Check::Positive)
            .doc(
                "The most requests that are sent to the API in a second, by this provider block; no limit by default.",
            );
        s.attr("batch_reads", |m| &mut m.batch_reads).doc(
            "Whether reads of many machines are answered from one listing, which saves requests; `true` by default.",
        );
        s.attr("plan_checks", |m| &mut m.plan_checks)
            .doc(
                "Whether a plan asks the API if a template exists and fits, if a machine type is available, and if a machine \
                 of the same name exists; `true` by default.",
            );
        s.attr("unique_names", |m| &mut m.unique_names).doc(
            "Whether a name is taken once one object of its kind in the team has it: another one is refused, when planning \
             and again before it is made; `false` by default. In automation it keeps a run that was killed from being \
             followed by a second machine. Two resources cannot share a name then, and `create_before_destroy` needs a new \
             one.",
        );
    }
}

/// Tests what can be tested without the API. Nothing is an error that another environment, where the plan is made, may
/// set right.
pub(super) fn validate(config: &ProviderConfig) -> Diagnostics {
    let mut diagnostics = Diagnostics::new();
    if let Some(region) = config.region.as_deref() {
        diagnostics.extend(region::unknown_warning(region));
    }
    // An empty address and a limit that is not positive are refused by the schema's own rules.
    if let Some(address) = config.api_url.as_deref().filter(|address| !address.is_empty()) {
        diagnostics.extend(check_address(address).err().map(|error| unusable_address(&error)));
    }
    if let Some(rate) = config.requests_per_second.known().map(Number::to_f64)
        && rate > 0.0
    {
        diagnostics.extend(check_rate(rate).err().map(|error| impossible_rate(&error)));
    }
    diagnostics
}

fn unusable_address(error: &Error) -> Diagnostic {
    Diagnostic::error(
        "Invalid API Address",
        format!("The address of the Paperspace API cannot be used. {error} Correct `api_url` or PAPERSPACE_API_URL."),
    )
    .at("api_url")
}

fn impossible_rate(error: &Error) -> Diagnostic {
    Diagnostic::error("Invalid Value", error.to_string()).at("requests_per_second")
}

/// Where settings come from besides the provider block.
pub(super) trait Environment {
    /// The value of an environment variable that is set and not empty.
    fn var(&self, name: &str) -> Option<String>;
    /// The user's home directory.
    fn home(&self) -> Option<PathBuf>;
}

/// The environment of this process.
pub(super) struct ProcessEnvironment;

impl Environment for ProcessEnvironment {
    fn var(&self, name: &str) -> Option<String> {
        std::env::var(name).ok().filter(|value| !value.is_empty())
    }

    fn home(&self) -> Option<PathBuf> {
        std::env::home_dir()
    }
}

/// Makes a configured provider of the block and its surroundings, with warnings about where the key is from and sent to.
///
/// # Errors
/// An error at each argument with which nothing can be done, and one at `api_key` where no key is found.
pub(super) fn configure(
    config: &ProviderConfig,
    environment: &dyn Environment,
    terraform_version: &str,
) -> Result<Configuration<Configured>, Diagnostics> {
    let unknown = config.api_key.is_unknown()
        || config.team.is_unknown()
        || config.api_url.is_unknown()
        || config.region.is_unknown()
        || config.request_timeout.is_unknown()
        || config.max_retries.is_unknown()
        || config.requests_per_second.is_unknown()
        || config.batch_reads.is_unknown()
        || config.plan_checks.is_unknown()
        || config.unique_names.is_unknown();
    if unknown {
        return Ok(Configuration::Unknown);
    }
    let setting = |argument: &Tf<String>, variable: &str| {
        argument
            .as_deref()
            .map(str::to_owned)
            .or_else(|| environment.var(variable))
    };
    let base_url = setting(&config.api_url, API_URL).unwrap_or_else(|| DEFAULT_BASE_URL.to_owned());
    let host = check_address(&base_url).map_err(|error| unusable_address(&error))?;
    let given = key::Given {
        api_key: config.api_key.as_deref(),
        team: config.team.as_deref(),
        api_key_variable: environment.var(API_KEY),
        team_variable: environment.var(TEAM),
    };
    let source = given.source();
    let mut warnings: Diagnostics = given.idle_team().into_iter().collect();
    if let (Host::Other(host), true) = (&host, config.api_url.is_known())
        && let Some(told) = source.told_of(host)
    {
        if told.is_error() {
            return Err(told.into());
        }
        warnings.push(told);
    }
    let api_key = source.key(environment)?;
    check_key(&api_key).map_err(|error| {
        Diagnostic::error(
            "Invalid API Key",
            format!(
                "{error} It was not sent. It may have been copied incompletely, or together with something beside it: copy \
                 it anew, and give it by `api_key`, PAPERSPACE_API_KEY or ~/.paperspace/credentials.toml."
            ),
        )
        .at("api_key")
    })?;
    let requests_per_second = config.requests_per_second.known().map(Number::to_f64);
    if let Some(rate) = requests_per_second {
        check_rate(rate).map_err(|error| impossible_rate(&error))?;
    }
    let settings = Settings {
        base_url,
        user_agent: format!(
            "terraform-provider-paperspace/{} terraform/{terraform_version}",
            env!("CARGO_PKG_VERSION")
        ),
        request_timeout: match config.request_timeout.as_deref() {
            Some(text) => parse_duration(text).map_err(|clause| {
                Diagnostic::error("Invalid Value", format!("`request_timeout` {clause}.")).at("request_timeout")
            })?,
            None => DEFAULT_REQUEST_TIMEOUT,
        },
        max_retries: match config.max_retries.known() {
            Some(retries) => u32::try_from(*retries).unwrap_or(DEFAULT_MAX_RETRIES),
            None => DEFAULT_MAX_RETRIES,
        },
        requests_per_second,
        pace: pace(environment)?,
        ..Settings::new(api_key)
    };
    let client = Client::new(settings).map_err(|error| errors::diagnostic("set up the client of the API", &error))?;
    let configured = Configured::new(
        client,
        setting(&config.region, REGION),
        config.batch_reads.known().copied().unwrap_or(true),
        config.plan_checks.known().copied().unwrap_or(true),
        config.unique_names.known().copied().unwrap_or(false),
    );
    Ok(Configuration::Ready(configured, warnings))
}

/// How quickly a running operation is looked at again. A simulated cloud is quicker than the real one, and whoever runs
/// against it may say so in the environment.
fn pace(environment: &dyn Environment) -> Result<Pace, Diagnostic> {
    let Some(text) = environment.var(POLL_INTERVAL) else {
        return Ok(Pace::default());
    };
    let first = parse_duration(&text)
        .map_err(|clause| Diagnostic::error("Invalid Environment Variable", format!("{POLL_INTERVAL} {clause}.")))?;
    let default = Pace::default();
    Ok(Pace {
        first,
        max: (first * 15).min(default.max).max(first),
    })
}

#[cfg(test)]
mod tests;
