//! The life of every managed kind under the real Terraform: one script, and one table a kind.
//!
//! Each attribute has an object of its own, and all objects of a kind share the runs of Terraform. Each is
//!
//! 1. created with its attribute set, beside one of the smallest configuration;
//! 2. changed, in place or by a replacement as its row says;
//! 3. imported into a second workspace by its id and by its identity, where nothing is sent; found by a query and written down,
//!    which leaves nothing to change; and the same at the level of the protocol, for hosts that cannot do all of it;
//! 4. changed by hand back to what it was at first, which is found and set right again;
//! 5. left without its attribute;
//! 6. deleted by hand, as far as it is the smallest one, and made again;
//! 7. destroyed.
//!
//! After each step the cloud holds what the row says, there is no object more and none less, and the plan is empty.
//!
//! A new kind gets a file here with its [`Kind`], its name in the call of `kinds!`, and a row for each argument:
//!
//! ```ignore
//! row("disk_size", "50", "100").held(),                        // as `diskSize`, with these values
//! row("region", r#""NY2""#, r#""ca1""#).held_as([r#""ny2""#, r#""ca1""#]).replaces(),
//! row("save_count", "1", "9").beside("enabled = true").held(), // an argument that another one needs
//! ```
//!
//! What is planned when an argument is removed, and whether a change by hand can be seen, follows from the schema. A law
//! holds the tables to the schemas: an argument that is in no row is in no test either.

mod assignment;
mod custom_template;
mod law;
mod machine;
mod private_network;
mod public_ip;
mod script;
mod shared_drive;
mod snapshot;
mod startup_script;
mod table;

pub use table::{Kind, Row, member, row};

/// Types that stand for no object of the service but for how two of them are related. Each has a test of its own here.
pub const RELATIONS: &[&str] = &["paperspace_public_ip_assignment"];

/// Every managed kind, in the order of the registry, and its test.
macro_rules! kinds {
    ($($file:ident::$table:ident),*) => {
        /// Every managed kind, in the order of the registry.
        pub const KINDS: &[&Kind] = &[$(&$file::$table),*];

        $(
            #[test]
            fn $file() {
                script::live(&$file::$table);
            }
        )*
    };
}

kinds!(
    machine::MACHINE,
    custom_template::CUSTOM_TEMPLATE,
    private_network::PRIVATE_NETWORK,
    public_ip::PUBLIC_IP,
    shared_drive::SHARED_DRIVE,
    snapshot::SNAPSHOT,
    startup_script::STARTUP_SCRIPT
);
