//! `paperspace_team`: the team that the API key is of.

use super::{Configured, errors};
use crate::api::{Client, Session};
use crate::diag::{Diagnostic, Diagnostics};
use crate::schema::{Model, Schema};
use crate::server::{Answered, Context, DataSource};
use crate::value::Tf;

/// A `paperspace_team` block.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TeamConfig {
    id: Tf<String>,
    name: Tf<String>,
    namespace: Tf<String>,
    is_personal: Tf<bool>,
    max_machines: Tf<i64>,
    user_id: Tf<String>,
    is_admin: Tf<bool>,
}

impl Model for TeamConfig {
    fn declare(s: &mut Schema<Self>) {
        s.describe(
            "Tells which team the API key is of, and what its user may do in it. Useful to make sure that a configuration is \
             applied to the right team.",
        );
        s.attr("id", |m| &mut m.id).computed().doc("The team's id.");
        s.attr("name", |m| &mut m.name).computed().doc("The team's name.");
        s.attr("namespace", |m| &mut m.namespace)
            .computed()
            .doc("The team's name in the addresses of the console.");
        s.attr("is_personal", |m| &mut m.is_personal).computed().doc(
            "Whether it is a personal account. In a team of several, an administrator has to say who gets a new machine.",
        );
        s.attr("max_machines", |m| &mut m.max_machines)
            .computed()
            .doc("How many machines the team may have.");
        s.attr("user_id", |m| &mut m.user_id)
            .computed()
            .doc("The id of the user who made the API key.");
        s.attr("is_admin", |m| &mut m.is_admin)
            .computed()
            .doc("Whether that user owns or administers the team.");
    }
}

/// The data source.
pub struct TeamSource;

impl DataSource for TeamSource {
    type Model = TeamConfig;
    type Configured = Configured;

    const TYPE_NAME: &'static str = "paperspace_team";

    async fn read(context: &Context<Configured>, _config: TeamConfig) -> Result<Answered<TeamConfig>, Diagnostics> {
        let client = context.configured.client.with_cancel(context.cancel.clone());
        Ok(told(session(&client).await?).into())
    }
}

/// Who asks, as far as the service tells.
///
/// # Errors
/// An error for the user where it does not.
pub(super) async fn session(client: &Client) -> Result<Session, Diagnostic> {
    let session = client.session().await;
    let session = session.map_err(|error| errors::diagnostic("ask which team the API key is of", &error))?;
    session.ok_or_else(|| {
        Diagnostic::error(
            "Invalid API Key",
            "Paperspace does not know the API key: asked which team it is of, it answers with nothing. Check the key; the \
             console makes new ones under the team's settings.",
        )
    })
}

fn told(session: Session) -> TeamConfig {
    let membership = session.membership().cloned();
    let Session {
        user,
        memberships: _,
        team,
    } = session;
    let (name, is_personal, is_admin) = match membership {
        Some(membership) => (
            membership.team.name,
            membership.team.is_user_team,
            // What is not told is not claimed.
            match (membership.is_owner, membership.is_admin) {
                (None, None) => None,
                (owner, admin) => Some(owner == Some(true) || admin == Some(true)),
            },
        ),
        None => (None, None, None),
    };
    TeamConfig {
        id: Tf::Known(team.id),
        name: name.into(),
        namespace: team.namespace.into(),
        is_personal: is_personal.into(),
        max_machines: team.max_machines.into(),
        user_id: Tf::Known(user.id),
        is_admin: is_admin.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{Membership, SessionTeam, Team, User};

    #[test]
    fn a_user_administers_what_is_owned_or_administered() {
        let session = |owner: Option<bool>, admin: Option<bool>| Session {
            user: User {
                id: "u1".to_owned(),
                email: None,
                first_name: None,
                last_name: None,
            },
            memberships: vec![Membership {
                team: Team {
                    id: "te1".to_owned(),
                    name: Some("research".to_owned()),
                    namespace: None,
                    is_user_team: Some(false),
                },
                is_owner: owner,
                is_admin: admin,
            }],
            team: SessionTeam {
                id: "te1".to_owned(),
                namespace: None,
                is_private: None,
                max_machines: Some(5),
            },
        };
        for (owner, admin, expected) in [
            (Some(true), Some(false), Tf::Known(true)),
            (Some(false), Some(true), Tf::Known(true)),
            (Some(false), Some(false), Tf::Known(false)),
            (None, Some(true), Tf::Known(true)),
            (None, None, Tf::Null),
        ] {
            assert_eq!(told(session(owner, admin)).is_admin, expected, "{owner:?} {admin:?}");
        }
        let mut elsewhere = session(Some(true), None);
        elsewhere.team.id = "te2".to_owned();
        let told = told(elsewhere);
        assert_eq!(
            (told.id, told.name, told.is_admin),
            (Tf::Known("te2".to_owned()), Tf::Null, Tf::Null)
        );
    }
}
