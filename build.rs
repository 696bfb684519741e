//! Generates the messages and services of the plugin protocol from `proto/`, without needing `protoc` on the machine.

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=proto");
    // What the tool that packs releases asks Cargo about.
    println!("cargo:rustc-env=TARGET={}", std::env::var("TARGET")?);
    let files = protox::compile(["proto/tfplugin6.proto", "proto/goplugin.proto"], ["proto"])?;
    tonic_prost_build::configure()
        // Calls that this provider does not offer answer "unimplemented" by themselves.
        .generate_default_stubs(true)
        // The clients serve the tests. They are generic, so that the provider's binary does not hold them.
        .build_client(true)
        .build_transport(false)
        // Sorted maps, so that equal schemas are equal bytes.
        .btree_map(".")
        // These hold what users mark as sensitive; `wire::proto` shows their size instead.
        .skip_debug([".tfplugin6.DynamicValue", ".tfplugin6.RawState"])
        .compile_fds(files)?;
    Ok(())
}
