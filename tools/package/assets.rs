//! The files of a release, as the registries of Terraform and OpenTofu want them.
//!
//! The same providers give the same bytes, whoever packs them and whenever: no time of day, no user and no order of a
//! directory gets into them. The signature of the checksums is made elsewhere, where the key is.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Cursor, Write as _};
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{SHA256, digest};
use terraform_provider_paperspace::install::names::{PROGRAM, Platform, VERSION};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// A built provider.
#[derive(Clone, Debug)]
pub struct Binary {
    /// What it was built for.
    pub platform: Platform,
    /// The file.
    pub file: PathBuf,
}

/// Writes the files of a release that holds these providers, and tells which they are.
pub fn write(root: &Path, out: &Path, binaries: &[Binary]) -> Result<Vec<PathBuf>, String> {
    let mut assets = BTreeMap::new();
    for Binary { platform, file } in binaries {
        let archive = archive(&platform.executable(), &read(file)?)
            .map_err(|error| format!("cannot pack {}: {error}", file.display()))?;
        if assets.insert(platform.archive(), archive).is_some() {
            return Err(format!("there are two providers for {platform}"));
        }
    }
    let manifest = read(&root.join("terraform-registry-manifest.json"))?;
    assets.insert(format!("{PROGRAM}_{VERSION}_manifest.json"), manifest);
    let sums = sums(&assets);
    assets.insert(format!("{PROGRAM}_{VERSION}_SHA256SUMS"), sums.into_bytes());

    fs::create_dir_all(out).map_err(|error| format!("cannot make {}: {error}", out.display()))?;
    let write = |(name, content)| {
        let file = out.join(name);
        match fs::write(&file, content) {
            Ok(()) => Ok(file),
            Err(error) => Err(format!("cannot write {}: {error}", file.display())),
        }
    };
    assets.into_iter().map(write).collect()
}

fn read(file: &Path) -> Result<Vec<u8>, String> {
    fs::read(file).map_err(|error| format!("cannot read {}: {error}", file.display()))
}

/// An archive with one file that can be executed.
fn archive(name: &str, content: &[u8]) -> zip::result::ZipResult<Vec<u8>> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(9))
        .last_modified_time(DateTime::default())
        .unix_permissions(0o755);
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    archive.start_file(name, options)?;
    archive.write_all(content)?;
    Ok(archive.finish()?.into_inner())
}

/// A line for each file, in the form that `sha256sum --check` reads.
fn sums(assets: &BTreeMap<String, Vec<u8>>) -> String {
    let line = |(name, content): (&String, &Vec<u8>)| {
        let hex: String = digest(&SHA256, content)
            .as_ref()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        format!("{hex}  {name}\n")
    };
    assets.iter().map(line).collect()
}
