//! Whose an object is: the team, and the address of the API, by which it was made or last read.
//!
//! A service that does not know an object says the same whether the object was deleted, is another team's, or was never in
//! that place. So an object is only gone where it is asked for with a key of the team that has it, at the address that has
//! it. Both are noted beside its state, and compared where the service says that it is gone, and only there: an object that
//! answers is the object, and the note follows it. A proxy may have another address and be the same API.

use serde::{Deserialize, Serialize};
use tokio::sync::OnceCell;

use crate::api::{Client, Error};
use crate::diag::Diagnostic;
use crate::provider::errors;

/// Whose an object is, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Owner {
    /// The team's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
    /// The address of the API.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api: Option<String>,
}

/// Whether what is asked now is what has the object.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Match {
    /// It is, or nothing says otherwise.
    Same,
    /// Another team is asked than this one.
    Team(String),
    /// Another address is asked than this one.
    Api(String),
}

impl Owner {
    /// Compares what was noted with what is asked now. A team says more than an address.
    fn compare(&self, now: &Self) -> Match {
        match (&self.team, &now.team) {
            (Some(noted), Some(now)) if noted != now => return Match::Team(noted.clone()),
            // The same team at another address is the same API behind a proxy, or moved.
            (Some(_), Some(_)) => return Match::Same,
            _ => {}
        }
        match (&self.api, &now.api) {
            (Some(noted), Some(now)) if noted != now => Match::Api(noted.clone()),
            _ => Match::Same,
        }
    }
}

/// Who is asked in this run: its key's team at its address. The team is asked for once.
#[derive(Debug, Default)]
pub struct Asked(OnceCell<Option<String>>);

impl Asked {
    /// Whom the client asks.
    ///
    /// # Errors
    /// Why the team could not be found out.
    pub async fn owner(&self, client: &Client) -> Result<Owner, Error> {
        let ask = || async {
            match client.session().await {
                Ok(session) => Ok(session.map(|session| session.team.id)),
                // A service, or a stand-in of it, that has no such question cannot tell teams apart either.
                Err(error) if error.is_not_found() => Ok(None),
                Err(error) => Err(error),
            }
        };
        let team = self.0.get_or_try_init(ask).await?.clone();
        Ok(Owner {
            team,
            api: Some(client.base_url().to_owned()),
        })
    }

    /// The same where it is only to be noted: what cannot be found out is left open.
    pub async fn noted(&self, client: &Client) -> Owner {
        self.owner(client).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "could not find out which team the API key is of");
            Owner {
                team: None,
                api: Some(client.base_url().to_owned()),
            }
        })
    }

    /// Makes sure that what is said to be gone was asked of whoever has it.
    ///
    /// # Errors
    /// An error for the user where it was not, or where that cannot be found out.
    pub async fn confirm(&self, client: &Client, noted: &Owner, what: &str) -> Result<(), Diagnostic> {
        let now = match (self.owner(client).await, &noted.team) {
            (Ok(now), _) => now,
            (Err(error), Some(_)) => {
                let task = format!("find out whether {what} is gone: which team the API key is of could not be asked");
                return Err(errors::diagnostic(&task, &error));
            }
            (Err(_), None) => self.noted(client).await,
        };
        match noted.compare(&now) {
            Match::Same => Ok(()),
            Match::Team(noted) => Err(another_team(what, &noted, now.team.as_deref().unwrap_or_default())),
            Match::Api(noted) => Err(another_api(what, &noted, now.api.as_deref().unwrap_or_default())),
        }
    }
}

fn another_team(what: &str, noted: &str, now: &str) -> Diagnostic {
    Diagnostic::error(
        "Key of Another Team",
        format!(
            "Paperspace does not know {what}, but it was asked with a key of the team {now}, and the state says that the team \
             {noted} has it. Nothing was forgotten or changed. Give this provider configuration the key of that team: see \
             `api_key`, `team` and PAPERSPACE_API_KEY. If it was moved to the other team on purpose, remove it from the state \
             with a `removed` block and import it."
        ),
    )
}

fn another_api(what: &str, noted: &str, now: &str) -> Diagnostic {
    Diagnostic::error(
        "Another API",
        format!(
            "The API at {now} does not know {what}, but the state says that it is at {noted}. Nothing was forgotten or \
             changed. Correct `api_url` or PAPERSPACE_API_URL. If it is there on purpose and the object is no more, remove it \
             from the state with a `removed` block."
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_team_or_address_is_another_owner() {
        let owner = |team: &str, api: &str| {
            let known = |text: &str| (!text.is_empty()).then(|| text.to_owned());
            Owner {
                team: known(team),
                api: known(api),
            }
        };
        for (noted, now, expected) in [
            (owner("te1", "a"), owner("te1", "a"), Match::Same),
            (owner("te1", "a"), owner("te2", "a"), Match::Team("te1".to_owned())),
            (owner("te1", "a"), owner("te2", "b"), Match::Team("te1".to_owned())),
            (owner("te1", "a"), owner("te1", "b"), Match::Same),
            (owner("", "a"), owner("te1", "b"), Match::Api("a".to_owned())),
            (owner("te1", "a"), owner("", "b"), Match::Api("a".to_owned())),
            (owner("", "a"), owner("te1", "a"), Match::Same),
            (owner("", ""), owner("te1", "a"), Match::Same),
            (owner("te1", ""), owner("", "a"), Match::Same),
        ] {
            assert_eq!(noted.compare(&now), expected, "{noted:?}, {now:?}");
        }
    }

    #[test]
    fn an_owner_that_is_not_known_takes_no_room() {
        assert_eq!(serde_json::to_string(&Owner::default()).unwrap(), "{}");
        assert_eq!(serde_json::from_str::<Owner>("{}").unwrap(), Owner::default());
    }
}
