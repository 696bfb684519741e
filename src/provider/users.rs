//! `paperspace_users` and `paperspace_user`: the people of a team, for `user_id` and `accessor_ids`.

use super::name_regex::NameRegex;
use super::select::{self, Filter, Item, Sorting};
use super::team::session;
use super::{Configured, errors};
use crate::api::{Client, TeamUser, User};
use crate::diag::{Diagnostic, Diagnostics};
use crate::schema::{Check, Model, Nested, Schema};
use crate::server::{Answered, Context, DataSource};
use crate::value::Tf;

/// What a user can be in a team.
const ROLES: &[&str] = &["member", "admin", "owner"];

/// One user of a result.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UserItem {
    id: Tf<String>,
    email: Tf<String>,
    first_name: Tf<String>,
    last_name: Tf<String>,
    role: Tf<String>,
    confirmed_at: Tf<String>,
}

impl Model for UserItem {
    fn declare(s: &mut Schema<Self>) {
        s.attr("id", |m| &mut m.id).computed().doc("The user's id.");
        s.attr("email", |m| &mut m.email)
            .computed()
            .doc("The user's email address.");
        s.attr("first_name", |m| &mut m.first_name)
            .computed()
            .doc("The user's first name.");
        s.attr("last_name", |m| &mut m.last_name)
            .computed()
            .doc("The user's last name.");
        s.attr("role", |m| &mut m.role)
            .computed()
            .doc("What the user is in the team: `member`, `admin` or `owner`.");
        s.attr("confirmed_at", |m| &mut m.confirmed_at)
            .computed()
            .doc("When the user took the invitation, as an RFC 3339 date and time.");
    }
}

impl Item for UserItem {
    const NOUN: &'static str = "user";

    fn id(&self) -> &str {
        self.id.as_deref().unwrap_or_default()
    }

    fn name(&self) -> &str {
        self.email.as_deref().unwrap_or_default()
    }

    fn created_at(&self) -> Option<&str> {
        self.confirmed_at.as_deref()
    }
}

impl From<TeamUser> for UserItem {
    fn from(seen: TeamUser) -> Self {
        let TeamUser {
            user:
                User {
                    id,
                    email,
                    first_name,
                    last_name,
                },
            is_admin,
            is_owner,
            dt_confirmed,
        } = seen;
        let role = match (is_owner, is_admin) {
            (Some(true), _) => Some("owner"),
            (_, Some(true)) => Some("admin"),
            (None, None) => None,
            _ => Some("member"),
        };
        Self {
            id: Tf::Known(id),
            email: email.into(),
            first_name: first_name.into(),
            last_name: last_name.into(),
            role: role.map(str::to_owned).into(),
            confirmed_at: dt_confirmed.map(|date| date.to_string()).into(),
        }
    }
}

/// The arguments that choose among users.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UserFilter {
    email: Tf<String>,
    role: Tf<String>,
    nothing: Tf<String>,
}

impl Model for UserFilter {
    fn declare(s: &mut Schema<Self>) {
        s.attr("email", |m| &mut m.email)
            .check(Check::NotEmpty)
            .doc("Only the user of this email address; upper and lower case are the same.");
        s.attr("role", |m| &mut m.role)
            .one_of(ROLES)
            .doc("Only users who are this in the team.");
    }
}

impl Filter for UserFilter {
    type Item = UserItem;

    fn name(&self) -> &Tf<String> {
        &self.email
    }

    /// Addresses are not looked for by an expression.
    fn name_regex(&self) -> &Tf<String> {
        &self.nothing
    }

    fn failing(&self, _regex: Option<&NameRegex>, item: &UserItem) -> Vec<&'static str> {
        select::failing([
            ("email", select::is_ignoring_case(&self.email, &item.email)),
            ("role", select::is(&self.role, &item.role)),
        ])
    }

    fn arguments_of(item: &UserItem) -> Vec<(&'static str, Tf<String>)> {
        vec![("email", item.email.clone()), ("role", item.role.clone())]
    }
}

/// The users of the API key's team.
async fn fetch(client: &Client) -> Result<Vec<UserItem>, Diagnostic> {
    let team = session(client).await?.team.id;
    let users = client.team_users(&team, None).await;
    let users = users.map_err(|error| errors::diagnostic("list the users of the team", &error))?;
    Ok(users.into_iter().map(UserItem::from).collect())
}

/// A `paperspace_users` block.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UsersConfig {
    filter: UserFilter,
    sorting: Sorting,
    ids: Tf<Vec<String>>,
    users: Tf<Vec<Nested<UserItem>>>,
}

impl Model for UsersConfig {
    fn declare(s: &mut Schema<Self>) {
        s.describe(
            "Lists the users of the API key's team. Every argument is optional, and each narrows the list down.",
        );
        s.embed(|m| &mut m.filter);
        s.embed(|m| &mut m.sorting);
        s.attr("ids", |m| &mut m.ids)
            .computed()
            .doc("The ids of the users, in the order of `users`.");
        s.attr("users", |m| &mut m.users).computed().doc(
            "The users, in the order that `sort_by` and `order` ask for, in which the email address counts as the name and \
             the invitation as the creation.",
        );
    }
}

/// The data source of several users.
pub struct UsersSource;

impl DataSource for UsersSource {
    type Model = UsersConfig;
    type Configured = Configured;

    const TYPE_NAME: &'static str = "paperspace_users";

    async fn read(
        context: &Context<Configured>,
        mut config: UsersConfig,
    ) -> Result<Answered<UsersConfig>, Diagnostics> {
        let client = context.configured.client.with_cancel(context.cancel.clone());
        let mut users = config.filter.choose(fetch(&client).await?).await?;
        config.sorting.sort(&mut users);
        config.ids = Tf::Known(users.iter().map(|user| user.id().to_owned()).collect());
        config.users = Tf::Known(users.into_iter().map(Nested).collect());
        Ok(config.into())
    }
}

/// A `paperspace_user` block.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UserConfig {
    id: Tf<String>,
    filter: UserFilter,
    found: UserItem,
}

impl Model for UserConfig {
    fn declare(s: &mut Schema<Self>) {
        s.describe(
            "Looks up exactly one user of the API key's team, by id or most often by email address, for a machine's `user_id` \
             or `accessor_ids`. It is an error if none or several satisfy the arguments.",
        );
        s.attr("id", |m| &mut m.id)
            .check(Check::NotEmpty)
            .doc("The user of this id, in the place of all other arguments.");
        s.embed(|m| &mut m.filter);
        s.embed(|m| &mut m.found);
    }
}

/// The data source of one user.
pub struct UserSource;

impl DataSource for UserSource {
    type Model = UserConfig;
    type Configured = Configured;

    const TYPE_NAME: &'static str = "paperspace_user";

    fn validate_config(config: &UserConfig) -> Diagnostics {
        select::validate_choice("id", &config.id, &config.filter)
    }

    async fn read(context: &Context<Configured>, mut config: UserConfig) -> Result<Answered<UserConfig>, Diagnostics> {
        let client = context.configured.client.with_cancel(context.cancel.clone());
        let users = fetch(&client).await?;
        config.found = match config.id.as_deref() {
            Some(id) => {
                let found = users.into_iter().find(|user| user.id() == id);
                found.ok_or_else(|| {
                    Diagnostic::error(
                        "No User Found",
                        format!("The API key's team has no user with the id \"{id}\". `paperspace_users` lists all that it has."),
                    )
                    .at("id")
                })?
            }
            None => select::exactly_one(&config.filter, users, "").await?,
        };
        Ok(config.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_role_is_told() {
        let user = |owner: Option<bool>, admin: Option<bool>| {
            UserItem::from(TeamUser {
                user: User {
                    id: "u1".to_owned(),
                    email: None,
                    first_name: None,
                    last_name: None,
                },
                is_admin: admin,
                is_owner: owner,
                dt_confirmed: None,
            })
        };
        for (owner, admin, expected) in [
            (Some(true), Some(true), Some("owner")),
            (Some(false), Some(true), Some("admin")),
            (None, Some(true), Some("admin")),
            (Some(false), Some(false), Some("member")),
            (Some(false), None, Some("member")),
            (None, None, None),
        ] {
            assert_eq!(user(owner, admin).role.as_deref(), expected, "{owner:?} {admin:?}");
        }
    }
}
