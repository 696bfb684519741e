//! Where the API key comes from, and which hosts it may be sent to.
//!
//! A provider block may be a module's, written by others, while the environment and the files in the home directory are
//! the user's own. So what a block says is followed, and a key that the user has for Paperspace is not handed to the host
//! that a block names. Both decisions are pure; only reading the files of Paperspace's own command line is not.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use secrecy::SecretString;
use serde::Deserialize;

use super::{API_KEY, Environment, TEAM};
use crate::diag::Diagnostic;

/// What the provider block and the environment say about the key. Without `Debug`, which would show keys.
pub(super) struct Given<'a> {
    /// The argument.
    pub api_key: Option<&'a str>,
    /// The argument.
    pub team: Option<&'a str>,
    /// `PAPERSPACE_API_KEY`.
    pub api_key_variable: Option<String>,
    /// `PAPERSPACE_TEAM`.
    pub team_variable: Option<String>,
}

/// The place that the key is taken from. Without `Debug`, which would show keys.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Source<'a> {
    /// The provider block.
    Block(&'a str),
    /// The environment.
    Environment(&'a str),
    /// The credentials file: the key of this team, or that of the current one.
    File(Option<&'a str>),
}

impl Given<'_> {
    /// The place that counts: the block beats the environment, and the environment beats the file. The schema does not let
    /// a block give a key and a team together.
    pub(super) fn source(&self) -> Source<'_> {
        match (self.api_key, self.team, self.api_key_variable.as_deref()) {
            (Some(key), _, _) => Source::Block(key),
            (None, Some(team), _) => Source::File(Some(team)),
            (None, None, Some(key)) => Source::Environment(key),
            (None, None, None) => Source::File(self.team_variable.as_deref()),
        }
    }

    /// What is said where the environment gives a key and names a team besides.
    pub(super) fn idle_team(&self) -> Option<Diagnostic> {
        let is_idle = matches!(self.source(), Source::Environment(_)) && self.team_variable.is_some();
        is_idle.then(|| {
            Diagnostic::warning(
                "Team Has No Effect",
                format!(
                    "{API_KEY} and {TEAM} are both set. A key belongs to one team, so it is that key's team that counts: {TEAM} \
                     only chooses among the keys of ~/.paperspace/credentials.toml, which are not looked at then. Unset one of \
                     the two. `team` in a provider block comes before both."
                ),
            )
        })
    }
}

impl Source<'_> {
    /// What is said where a provider block names a host to send the key to that is neither Paperspace's nor this computer.
    pub(super) fn told_of(&self, host: &str) -> Option<Diagnostic> {
        match self {
            Self::Block(_) => None,
            Self::Environment(_) => Some(
                Diagnostic::warning(
                    "Key Is Sent to Another Host",
                    format!(
                        "`api_url` in the provider block names {host}, so the key of {API_KEY} is sent there and not to \
                         Paperspace. If you do not know that host, interrupt now, and look where the block comes from: a \
                         module can bring one along. If the host is right, give its address by PAPERSPACE_API_URL or its \
                         key by `api_key`, and this is not told again."
                    ),
                )
                .at("api_url"),
            ),
            Self::File(_) => Some(
                Diagnostic::error(
                    "Key Is Not for This Host",
                    format!(
                        "`api_url` in the provider block names {host}, and the only key is one of \
                         ~/.paperspace/credentials.toml, which are for Paperspace alone. It was not sent. Give the key for \
                         that host by `api_key` or {API_KEY}, or the host's address by PAPERSPACE_API_URL, where no module \
                         can set it; or remove `api_url`."
                    ),
                )
                .at("api_url"),
            ),
        }
    }

    /// The key, without the white space around it.
    ///
    /// # Errors
    /// Where the files hold none, or several of which none is chosen, or cannot be read.
    pub(super) fn key(&self, environment: &dyn Environment) -> Result<SecretString, Diagnostic> {
        let key = match self {
            Self::Block(key) | Self::Environment(key) => Cow::from(*key),
            Self::File(team) => {
                let directory = environment.home().ok_or_else(|| missing(NOWHERE))?.join(".paperspace");
                let credentials: Option<CredentialsFile> = read(&directory.join("credentials.toml"))?;
                let credentials = credentials.ok_or_else(|| missing(NOWHERE))?;
                let current = match team {
                    Some(_) => None,
                    None => read::<ConfigFile>(&directory.join("config.toml"))?.and_then(|config| config.team),
                };
                Cow::from(credentials.choose(team.or(current.as_deref()))?)
            }
        };
        Ok(SecretString::from(key.trim().to_owned()))
    }
}

/// `credentials.toml`. Without `Debug`, which would show the keys.
#[derive(Deserialize)]
struct CredentialsFile {
    /// The keys by the names of their teams.
    #[serde(default)]
    keys: BTreeMap<String, String>,
}

/// `config.toml`.
#[derive(Deserialize)]
struct ConfigFile {
    team: Option<String>,
}

impl CredentialsFile {
    /// The key of a team, or the only one there is.
    fn choose(mut self, team: Option<&str>) -> Result<String, Diagnostic> {
        self.keys.retain(|_, key| !key.trim().is_empty());
        let names: Vec<_> = self.keys.keys().map(|name| format!("\"{name}\"")).collect();
        let names = names.join(", ");
        match (team, self.keys.len()) {
            (_, 0) => Err(missing("~/.paperspace/credentials.toml was found, but it holds no key.")),
            (None, 1) => Ok(self.keys.into_values().collect()),
            (None, _) => Err(Diagnostic::error(
                "No Team Chosen",
                format!(
                    "~/.paperspace/credentials.toml holds the keys of several teams, {names}, and nothing says which one to \
                     take. Set `team` in the provider block, or {TEAM} in the environment, to one of them; or make one the \
                     current team of Paperspace's own command line, which then stands in ~/.paperspace/config.toml."
                ),
            )
            .at("team")),
            (Some(team), _) => self.keys.remove(team).ok_or_else(|| {
                Diagnostic::error(
                    "No Key of the Team",
                    format!(
                        "~/.paperspace/credentials.toml holds no key of the team \"{team}\"; it knows {names}. Correct `team`, \
                         {TEAM} or ~/.paperspace/config.toml, whichever names the team, or log in to it with Paperspace's own \
                         command line."
                    ),
                )
                .at("team")
            }),
        }
    }
}

const NOWHERE: &str = "No API key was found.";

fn missing(why: &str) -> Diagnostic {
    Diagnostic::error(
        "Missing API Key",
        format!(
            "{why} Give a key in one of three places: the argument `api_key` of the provider block, the environment variable \
             {API_KEY}, or ~/.paperspace/credentials.toml, which a login with Paperspace's own command line writes. Keys are \
             made in the Paperspace console under the team's settings."
        ),
    )
    .at("api_key")
}

/// Reads a TOML file; `None` where there is none.
fn read<T: serde::de::DeserializeOwned>(file: &Path) -> Result<Option<T>, Diagnostic> {
    let unreadable = |why: String| {
        Diagnostic::error(
            "Unreadable Credentials File",
            format!(
                "{} cannot be read: {why}. Mend the file, log in again with Paperspace's own command line, or give the key by \
                 `api_key` or {API_KEY}.",
                file.display()
            ),
        )
        .at("api_key")
    };
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
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
    use super::*;

    fn given<'a>(
        [api_key, team]: [Option<&'a str>; 2],
        [api_key_variable, team_variable]: [Option<&str>; 2],
    ) -> Given<'a> {
        Given {
            api_key,
            team,
            api_key_variable: api_key_variable.map(str::to_owned),
            team_variable: team_variable.map(str::to_owned),
        }
    }

    /// A source in words.
    fn told(source: &Source<'_>) -> String {
        match source {
            Source::Block(key) => format!("block {key}"),
            Source::Environment(key) => format!("environment {key}"),
            Source::File(team) => format!("file {}", team.unwrap_or("current")),
        }
    }

    #[test]
    fn the_block_beats_the_environment_and_the_environment_the_file() {
        const NONE: [Option<&str>; 2] = [None, None];
        const KEY: [Option<&str>; 2] = [Some("k3y"), None];
        const TEAM: [Option<&str>; 2] = [None, Some("research")];
        const BOTH: [Option<&str>; 2] = [Some("own"), Some("teaching")];
        for (block, environment, expected, is_idle) in [
            (NONE, NONE, "file current", false),
            (NONE, KEY, "environment k3y", false),
            (NONE, TEAM, "file research", false),
            (NONE, BOTH, "environment own", true),
            (KEY, NONE, "block k3y", false),
            (KEY, TEAM, "block k3y", false),
            (KEY, BOTH, "block k3y", false),
            (TEAM, NONE, "file research", false),
            (TEAM, KEY, "file research", false),
            (TEAM, BOTH, "file research", false),
        ] {
            let given = given(block, environment);
            assert_eq!(told(&given.source()), expected, "{block:?}, {environment:?}");
            assert_eq!(given.idle_team().is_some(), is_idle, "{block:?}, {environment:?}");
        }
    }

    #[test]
    fn a_key_goes_to_a_host_that_a_block_names_only_where_it_was_meant_to() {
        assert_eq!(Source::Block("k3y").told_of("evil.example"), None);
        for (source, is_error) in [
            (Source::Environment("k3y"), false),
            (Source::File(None), true),
            (Source::File(Some("research")), true),
        ] {
            let told = source.told_of("evil.example").unwrap();
            assert_eq!(told.is_error(), is_error, "{told:?}");
            assert!(told.detail.contains(" evil.example, "), "{}", told.detail);
            assert!(!told.detail.contains("k3y"), "{}", told.detail);
            assert_eq!(told.path, Some("api_url".into()));
        }
    }

    #[test]
    fn of_several_teams_keys_one_has_to_be_chosen() {
        let file = |keys: &[(&str, &str)]| CredentialsFile {
            keys: keys
                .iter()
                .map(|(team, key)| ((*team).to_owned(), (*key).to_owned()))
                .collect(),
        };
        let several = [("research", "one"), ("teaching", "two"), ("empty", " ")];
        assert_eq!(file(&several).choose(Some("teaching")), Ok("two".to_owned()));
        assert_eq!(
            file(&[("research", "one"), ("empty", "")]).choose(None),
            Ok("one".to_owned())
        );

        let error = file(&several).choose(None).unwrap_err();
        assert_eq!(
            (error.summary.as_str(), error.path),
            ("No Team Chosen", Some("team".into()))
        );
        assert!(
            error.detail.contains("\"research\", \"teaching\", and nothing says"),
            "{}",
            error.detail
        );
        assert!(
            error.detail.contains("Set `team` in the provider block"),
            "{}",
            error.detail
        );
        for team in ["nobody", "empty"] {
            let error = file(&several).choose(Some(team)).unwrap_err();
            assert_eq!(
                (error.summary.as_str(), error.path),
                ("No Key of the Team", Some("team".into()))
            );
            assert!(
                error
                    .detail
                    .contains(&format!("\"{team}\"; it knows \"research\", \"teaching\".")),
                "{}",
                error.detail
            );
        }
        for team in [None, Some("research")] {
            let error = file(&[("empty", "")]).choose(team).unwrap_err();
            assert_eq!(error.summary, "Missing API Key");
        }
    }
}
