//! `paperspace_machine_desktop`: how to reach a machine's desktop, stored nowhere.

use secrecy::ExposeSecret as _;

use super::{Configured, errors};
use crate::api::{Desktop, Vnc, Windows};
use crate::diag::Diagnostics;
use crate::schema::{Check, Model, Nested, Schema};
use crate::server::{Answered, Context, EphemeralResource};
use crate::value::Tf;

/// A `paperspace_machine_desktop` block.
#[derive(Clone, Default)]
pub struct DesktopConfig {
    id: Tf<String>,
    vnc: Tf<Nested<VncItem>>,
    windows: Tf<Nested<WindowsItem>>,
}

/// The way by VNC.
#[derive(Clone, Default)]
pub struct VncItem {
    hostname: Tf<String>,
    port: Tf<i64>,
    password: Tf<String>,
}

/// The way by Windows' own protocol.
#[derive(Clone, Default)]
pub struct WindowsItem {
    hostname: Tf<String>,
    port: Tf<i64>,
    public_ip: Tf<String>,
}

impl Model for DesktopConfig {
    fn declare(s: &mut Schema<Self>) {
        s.describe(
            "Tells how to reach the desktop of a machine that is on: the address, the port, and a password where there is one. \
             Terraform stores none of it, neither in the state nor in a plan.",
        );
        s.attr("id", |m| &mut m.id)
            .required()
            .check(Check::NotEmpty)
            .doc("The machine's id.");
        s.attr("vnc", |m| &mut m.vnc)
            .computed()
            .doc("The way by VNC; null for a machine without it, and while the machine is off.");
        s.attr("windows", |m| &mut m.windows)
            .computed()
            .doc("The way by Remote Desktop; null for a machine without Windows, and while the machine is off.");
    }
}

impl Model for VncItem {
    fn declare(s: &mut Schema<Self>) {
        s.attr("hostname", |m| &mut m.hostname)
            .computed()
            .doc("The host to connect to.");
        s.attr("port", |m| &mut m.port)
            .computed()
            .doc("The port to connect to.");
        s.attr("password", |m| &mut m.password)
            .computed()
            .sensitive()
            .doc("The password to give.");
    }
}

impl Model for WindowsItem {
    fn declare(s: &mut Schema<Self>) {
        s.attr("hostname", |m| &mut m.hostname)
            .computed()
            .doc("The host to connect to.");
        s.attr("port", |m| &mut m.port)
            .computed()
            .doc("The port to connect to.");
        s.attr("public_ip", |m| &mut m.public_ip)
            .computed()
            .doc("The machine's public address, where it has one.");
    }
}

impl From<Vnc> for VncItem {
    fn from(vnc: Vnc) -> Self {
        Self {
            hostname: Tf::Known(vnc.hostname),
            port: vnc.port.into(),
            password: vnc.password.map(|password| password.expose_secret().to_owned()).into(),
        }
    }
}

impl From<Windows> for WindowsItem {
    fn from(windows: Windows) -> Self {
        Self {
            hostname: Tf::Known(windows.hostname),
            port: windows.port.into(),
            public_ip: windows.public_ip.into(),
        }
    }
}

/// The ephemeral resource.
pub struct MachineDesktop;

impl EphemeralResource for MachineDesktop {
    type Model = DesktopConfig;
    type Configured = Configured;

    const TYPE_NAME: &'static str = "paperspace_machine_desktop";

    async fn open(
        context: &Context<Configured>,
        mut config: DesktopConfig,
    ) -> Result<Answered<DesktopConfig>, Diagnostics> {
        let client = context.configured.client.with_cancel(context.cancel.clone());
        let id = config.id.as_deref().unwrap_or_default();
        let told = client.desktop(id).await;
        let Desktop { vnc, windows } =
            told.map_err(|error| errors::diagnostic(&format!("get the desktop of the machine {id}"), &error).at("id"))?;
        config.vnc = vnc.map(|vnc| Nested(vnc.into())).into();
        config.windows = windows.map(|windows| Nested(windows.into())).into();
        Ok(config.into())
    }
}
