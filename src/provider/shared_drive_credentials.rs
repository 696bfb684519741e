//! `paperspace_shared_drive_credentials`: what a machine needs to mount a shared drive, stored nowhere.

use secrecy::ExposeSecret as _;

use super::shared_drive::place;
use super::{Configured, errors};
use crate::api::SharedDrive;
use crate::diag::{Diagnostic, Diagnostics};
use crate::schema::{Check, Model, Schema};
use crate::server::{Answered, Context, EphemeralResource};
use crate::value::Tf;

/// A `paperspace_shared_drive_credentials` block.
#[derive(Clone, Default)]
pub struct Credentials {
    id: Tf<String>,
    mount_point: Tf<String>,
    server: Tf<String>,
    share: Tf<String>,
    username: Tf<String>,
    password: Tf<String>,
}

impl Model for Credentials {
    fn declare(s: &mut Schema<Self>) {
        s.describe(
            "Tells where a shared drive is mounted from, and as whom, with the password. Terraform stores none of it, neither in \
             the state nor in a plan: it can go wherever nothing is stored, such as into the `script_wo` of a \
             `paperspace_startup_script`.",
        );
        s.attr("id", |m| &mut m.id)
            .required()
            .check(Check::NotEmpty)
            .doc("The drive's id.");
        s.attr("mount_point", |m| &mut m.mount_point)
            .computed()
            .doc("What machines mount, in the form of Linux: `//10.64.92.2/sdvkpg3v2v`.");
        s.attr("server", |m| &mut m.server)
            .computed()
            .doc("The first part of it: the address of the server.");
        s.attr("share", |m| &mut m.share)
            .computed()
            .doc("The second part of it: the name of the share.");
        s.attr("username", |m| &mut m.username)
            .computed()
            .doc("The name to log in with.");
        s.attr("password", |m| &mut m.password)
            .computed()
            .sensitive()
            .doc("The password to log in with.");
    }
}

/// The ephemeral resource.
pub struct SharedDriveCredentials;

impl EphemeralResource for SharedDriveCredentials {
    type Model = Credentials;
    type Configured = Configured;

    const TYPE_NAME: &'static str = "paperspace_shared_drive_credentials";

    async fn open(context: &Context<Configured>, config: Credentials) -> Result<Answered<Credentials>, Diagnostics> {
        let client = context.configured.client.with_cancel(context.cancel.clone());
        let id = config.id.as_deref().unwrap_or_default();
        let told = client.shared_drive(id).await;
        let drive = told.map_err(|error| {
            errors::diagnostic(&format!("get the credentials of the shared drive {id}"), &error).at("id")
        })?;
        Ok(credentials(config, &drive)?.into())
    }
}

/// What a drive tells of itself. All of it is needed, so a part alone is none.
fn credentials(mut config: Credentials, drive: &SharedDrive) -> Result<Credentials, Diagnostic> {
    let id = &drive.id;
    if drive.is_deleted() {
        return Err(Diagnostic::error(
            "No Credentials Told",
            format!("The shared drive {id} has been deleted. Take it out of the configuration, or name another one."),
        )
        .at("id"));
    }
    let place = drive.mount_point.as_deref().and_then(place);
    let (Some((mount_point, server, share)), Some(username), Some(password)) =
        (place, drive.username.clone(), drive.password.as_ref())
    else {
        return Err(Diagnostic::error(
            "No Credentials Told",
            format!(
                "Paperspace does not tell where the shared drive {id} is mounted from, or as whom. A drive tells it once it is \
                 made, which takes some minutes: try again then. If it goes on, look at the drive in the console, and check that \
                 the API key's user may see it."
            ),
        )
        .at("id"));
    };
    config.mount_point = Tf::Known(mount_point);
    config.server = Tf::Known(server);
    config.share = Tf::Known(share);
    config.username = Tf::Known(username);
    config.password = Tf::Known(password.expose_secret().to_owned());
    Ok(config)
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;

    use super::*;
    use crate::api::Date;

    fn drive() -> SharedDrive {
        SharedDrive {
            id: "sd1".to_owned(),
            name: None,
            size: None,
            mount_point: Some(r"\\10.64.92.2\sd1".to_owned()),
            username: Some("ada".to_owned()),
            password: Some(SecretString::from("hunter2")),
            network_id: None,
            region: None,
            dt_created: None,
            dt_deleted: None,
        }
    }

    #[test]
    fn a_drive_that_is_made_tells_all() {
        let told = credentials(Credentials::default(), &drive()).unwrap_or_default();
        let fields = [
            &told.mount_point,
            &told.server,
            &told.share,
            &told.username,
            &told.password,
        ]
        .map(|field| field.as_deref().unwrap_or_default().to_owned());
        assert_eq!(fields, ["//10.64.92.2/sd1", "10.64.92.2", "sd1", "ada", "hunter2"]);
    }

    #[test]
    fn whatever_is_missing_is_an_error_that_holds_no_secret() {
        let lacking: [fn(&mut SharedDrive); 5] = [
            |drive| drive.mount_point = None,
            |drive| drive.mount_point = Some(String::new()),
            |drive| drive.username = None,
            |drive| drive.password = None,
            |drive| drive.dt_deleted = Some(Date::from("2026-01-01T00:00:00Z")),
        ];
        for (number, lack) in lacking.into_iter().enumerate() {
            let mut drive = drive();
            lack(&mut drive);
            let error = credentials(Credentials::default(), &drive).err().expect("an error");
            assert_eq!(error.summary, "No Credentials Told", "{number}");
            assert!(
                error.detail.contains("sd1") && !error.detail.contains("hunter2"),
                "{}",
                error.detail
            );
        }
    }
}
