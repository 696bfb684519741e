//! The provider block, and how its arguments, the environment and the official command line's files come together.
//!
//! For each setting the argument comes first, then the environment variable, then, for the key, the credentials file.
//! Configuring makes no request.

use std::fmt;
use std::path::{Path as FilePath, PathBuf};
use std::time::Duration;

use secrecy::SecretString;
use serde::Deserialize;

use crate::api::{Client, DEFAULT_BASE_URL, Error, Pace, Settings, check_address, check_key, check_rate};
use crate::diag::{Diagnostic, Diagnostics};
use crate::schema::{Check, Model, Schema, parse_duration};
use crate::server::Configuration;
use crate::value::{Number, Path, Tf};

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
const POLL_INTERVAL: &str = "PAPERSPACE_POLL_INTERVAL";

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
                "The API key of a team, made in the Paperspace console under the team's settings. Where neither this nor the \
                 environment gives one, the key is taken from `~/.paperspace/credentials.toml`, which Paperspace's own \
                 command line writes.",
            );
        s.attr("team", |m| &mut m.team)
            .check(Check::NotEmpty)
            .environment(TEAM)
            .doc(
                "The team whose key is taken from `~/.paperspace/credentials.toml` where no key is given; by default the \
                 current team of `~/.paperspace/config.toml`.",
            );
        s.attr("api_url", |m| &mut m.api_url)
            .check(Check::NotEmpty)
            .environment(API_URL)
            .doc(format!(
                "The address of the API, `{DEFAULT_BASE_URL}` by default. Plain `http` is accepted only for this computer \
                 itself, where the simulator runs."
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
    }
}

/// Tests what can be tested without the API. Nothing is an error that another environment, where the plan is made, may
/// set right.
pub(super) fn validate(config: &ProviderConfig) -> Diagnostics {
    validate_in(config, &ProcessEnvironment)
}

fn validate_in(config: &ProviderConfig, environment: &dyn Environment) -> Diagnostics {
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
    if config.team.is_known() {
        let source = match config.api_key.is_known() {
            true => Some("`api_key`"),
            false if config.api_key.is_null() => environment.var(API_KEY).map(|_| API_KEY),
            false => None,
        };
        diagnostics.extend(source.map(idle_team));
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

fn idle_team(source: &str) -> Diagnostic {
    Diagnostic::warning(
        "Team Has No Effect",
        format!(
            "A key belongs to one team, and it is given by {source}. `team` only chooses among the keys of \
             ~/.paperspace/credentials.toml, which are not looked at then. Remove `team`, or do not give the key there."
        ),
    )
    .at("team")
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

/// Makes a configured provider of the block and its surroundings.
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
        || config.plan_checks.is_unknown();
    if unknown {
        return Ok(Configuration::Unknown);
    }
    let setting = |argument: &Tf<String>, variable: &str| {
        argument
            .as_deref()
            .map(str::to_owned)
            .or_else(|| environment.var(variable))
    };
    let api_key = match setting(&config.api_key, API_KEY) {
        Some(key) => SecretString::from(key.trim().to_owned()),
        None => key_from_files(setting(&config.team, TEAM).as_deref(), environment)?,
    };
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
    let base_url = setting(&config.api_url, API_URL).unwrap_or_else(|| DEFAULT_BASE_URL.to_owned());
    check_address(&base_url).map_err(|error| unusable_address(&error))?;
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
    Ok(Configuration::Ready(Configured::new(
        client,
        setting(&config.region, REGION),
        config.batch_reads.known().copied().unwrap_or(true),
        config.plan_checks.known().copied().unwrap_or(true),
    )))
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

/// Without `Debug`, which would show the keys.
#[derive(Deserialize)]
struct CredentialsFile {
    #[serde(default)]
    keys: std::collections::BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct ConfigFile {
    team: Option<String>,
}

/// Takes the key from the files of Paperspace's own command line.
fn key_from_files(team: Option<&str>, environment: &dyn Environment) -> Result<SecretString, Diagnostic> {
    let missing = |why: &str| {
        Diagnostic::error(
            "Missing API Key",
            format!(
                "{why} Give a key in one of three places: the argument `api_key` of the provider block, the environment \
                 variable PAPERSPACE_API_KEY, or ~/.paperspace/credentials.toml, which a login with Paperspace's own \
                 command line writes. Keys are made in the Paperspace console under the team's settings."
            ),
        )
        .at("api_key")
    };
    let nowhere = "No API key was found.";
    let directory = environment.home().ok_or_else(|| missing(nowhere))?.join(".paperspace");
    let credentials: CredentialsFile =
        read_toml(&directory.join("credentials.toml"))?.ok_or_else(|| missing(nowhere))?;
    let team = match team {
        Some(team) => team.to_owned(),
        None => {
            let config: Option<ConfigFile> = read_toml(&directory.join("config.toml"))?;
            let current = config.and_then(|config| config.team);
            // With one key in the file there is nothing to choose.
            let only = match credentials.keys.len() {
                1 => credentials.keys.keys().next().cloned(),
                _ => None,
            };
            current.or(only).ok_or_else(|| {
                missing(
                    "~/.paperspace/credentials.toml was found, but neither `team`, PAPERSPACE_TEAM nor \
                     ~/.paperspace/config.toml says which team's key to take.",
                )
            })?
        }
    };
    match credentials.keys.get(&team) {
        Some(key) if !key.trim().is_empty() => Ok(SecretString::from(key.trim().to_owned())),
        _ => {
            let known: Vec<_> = credentials.keys.keys().map(|name| format!("\"{name}\"")).collect();
            let known = if known.is_empty() {
                "no team".to_owned()
            } else {
                known.join(", ")
            };
            Err(missing(&format!(
                "~/.paperspace/credentials.toml holds no key of the team \"{team}\"; it knows {known}."
            )))
        }
    }
}

/// Reads a TOML file; `None` where there is none.
fn read_toml<T: serde::de::DeserializeOwned>(file: &FilePath) -> Result<Option<T>, Diagnostic> {
    let unreadable = |why: String| {
        Diagnostic::error(
            "Unreadable Credentials File",
            format!(
                "{} cannot be read: {why}. Mend the file, log in again with Paperspace's own command line, or give the key \
                 by `api_key` or PAPERSPACE_API_KEY.",
                file.display()
            ),
        )
        .at(Path::attribute("api_key"))
    };
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(error.to_string())),
    };
    // The parser's own message shows the line that it stumbled over, which may hold a key.
    toml::from_str(&text).map(Some).map_err(|error| {
        let line = error
            .span()
            .map(|span| text[..span.start.min(text.len())].lines().count().max(1));
        unreadable(match line {
            Some(line) => format!("line {line} is not the TOML that is expected there"),
            None => "it is not the TOML that is expected there".to_owned(),
        })
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// An environment of variables alone.
    struct Variables(BTreeMap<&'static str, &'static str>);

    impl Environment for Variables {
        fn var(&self, name: &str) -> Option<String> {
            self.0.get(name).map(|value| (*value).to_owned())
        }

        fn home(&self) -> Option<PathBuf> {
            None
        }
    }

    fn variables(variables: impl IntoIterator<Item = (&'static str, &'static str)>) -> Variables {
        Variables(variables.into_iter().collect())
    }

    /// Titles and places.
    fn told(diagnostics: &Diagnostics) -> Vec<String> {
        let told = diagnostics.iter().map(|diagnostic| {
            let place = diagnostic.path.as_ref().map(ToString::to_string).unwrap_or_default();
            format!("{} at {place}", diagnostic.summary)
        });
        told.collect()
    }

    fn text(text: &str) -> Tf<String> {
        Tf::Known(text.to_owned())
    }

    fn rate(rate: f64) -> Tf<Number> {
        Tf::Known(Number::try_from(rate).unwrap())
    }

    #[test]
    fn debug_does_not_show_the_key() {
        let config = ProviderConfig {
            api_key: text("hunter2"),
            team: text("research"),
            ..ProviderConfig::default()
        };
        let shown = format!("{config:?}");
        assert!(!shown.contains("hunter2") && shown.contains("research"), "{shown}");
    }

    #[test]
    fn what_cannot_work_is_told_at_its_argument_and_offline() {
        let config = ProviderConfig {
            api_url: text("http://api.paperspace.com/v1"),
            requests_per_second: rate(1e9),
            ..ProviderConfig::default()
        };
        assert_eq!(
            told(&validate_in(&config, &variables([]))),
            ["Invalid API Address at api_url", "Invalid Value at requests_per_second"]
        );
        let unknown = ProviderConfig {
            api_url: Tf::Unknown,
            requests_per_second: Tf::Unknown,
            team: text("research"),
            api_key: Tf::Unknown,
            ..ProviderConfig::default()
        };
        assert!(validate_in(&unknown, &variables([(API_KEY, "k3y")])).is_empty());
    }

    #[test]
    fn a_setting_that_cannot_be_used_is_told_at_its_argument_when_configuring_too() {
        for (config, expected) in [
            (
                ProviderConfig {
                    api_key: text("two words"),
                    ..ProviderConfig::default()
                },
                "Invalid API Key at api_key",
            ),
            (
                ProviderConfig {
                    requests_per_second: rate(1e9),
                    ..ProviderConfig::default()
                },
                "Invalid Value at requests_per_second",
            ),
            (
                ProviderConfig {
                    api_url: text("ftp://api.paperspace.com"),
                    ..ProviderConfig::default()
                },
                "Invalid API Address at api_url",
            ),
        ] {
            let Err(diagnostics) = configure(&config, &variables([(API_KEY, "k3y")]), "1.0.0") else {
                panic!("{config:?} was taken")
            };
            assert_eq!(told(&diagnostics), [expected]);
        }
    }

    #[test]
    fn a_team_beside_a_key_has_no_effect() {
        let config = |api_key| ProviderConfig {
            api_key,
            team: text("research"),
            ..ProviderConfig::default()
        };
        let warned = ["Team Has No Effect at team"];
        let with_key = variables([(API_KEY, "k3y")]);
        assert_eq!(told(&validate_in(&config(Tf::Null), &with_key)), warned);
        assert_eq!(told(&validate_in(&config(text("k3y")), &variables([]))), warned);
        assert!(validate_in(&config(Tf::Null), &variables([])).is_empty());
        assert!(validate_in(&ProviderConfig::default(), &with_key).is_empty());
    }
}
