//! The provider, served to whoever launches it as a host does.

use terraform_provider_paperspace::provider;
use terraform_provider_paperspace::wire::{self, Launch};

fn main() {
    wire::panic::install_hook();
    let launch = Launch::read(|name| std::env::var(name).ok()).expect("this is launched by a target");
    wire::plugin(provider::server(), &launch).expect("the provider serves");
}
