//! The files of a release, as the registries of Terraform and OpenTofu want them.
//!
//! The same programs give the same bytes, whoever packs them and whenever: no time of day, no user and no order of a
//! directory gets into them. The signature of the checksums is made elsewhere, where the key is.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Cursor, Write as _};
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{SHA256, digest};
use terraform_provider_paperspace::install::names::{PROGRAM, Platform, SIMULATOR, VERSION};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::crates::Linked;
use super::{bill, licences};

/// A built program.
#[derive(Clone, Debug)]
pub struct Binary {
    /// Whether it is the simulator, and otherwise the provider.
    pub is_simulator: bool,
    /// What it was built for.
    pub platform: Platform,
    /// The file.
    pub file: PathBuf,
    /// What is linked into it.
    pub linked: Linked,
}

impl Binary {
    fn program(&self) -> &'static str {
        if self.is_simulator { SIMULATOR } else { PROGRAM }
    }

    /// The archive's name, and that of the executable in it.
    fn names(&self) -> (String, String) {
        match self.is_simulator {
            true => (self.platform.archive_of(SIMULATOR), self.platform.program(SIMULATOR)),
            false => (self.platform.archive_of(PROGRAM), self.platform.executable()),
        }
    }
}

type Files = BTreeMap<String, Vec<u8>>;

/// Writes the files of a release that holds these programs, and tells which they are.
///
/// For each program there is an archive, with the licences in it, and its bill of materials. The checksums of the provider's
/// archives and of the manifest are in one file, as the registries want it, and those of the simulator's in another.
pub fn write(root: &Path, out: &Path, binaries: &[Binary]) -> Result<Vec<PathBuf>, String> {
    let licence = read(&root.join("LICENSE"))?;
    let mut programs: BTreeMap<&str, Files> = BTreeMap::new();
    let mut bills = Files::new();
    for binary in binaries {
        let (name, executable) = binary.names();
        let notices = licences::text(&binary.linked.crates)?;
        let contents = [
            (executable.as_str(), 0o755, read(&binary.file)?),
            ("LICENSE", 0o644, licence.clone()),
            ("LICENSES-OF-LIBRARIES", 0o644, notices.into_bytes()),
        ];
        let archive = archive(&contents).map_err(|error| format!("cannot pack {}: {error}", binary.file.display()))?;
        let bill = bill::of(binary.program(), &name, &sum(&archive), &binary.linked);
        bills.insert(format!("{name}.cdx.json"), format!("{bill:#}\n").into_bytes());
        if programs
            .entry(binary.program())
            .or_default()
            .insert(name, archive)
            .is_some()
        {
            return Err(format!(
                "there are two programs {} for {}",
                binary.program(),
                binary.platform
            ));
        }
    }
    if let Some(assets) = programs.get_mut(PROGRAM) {
        let manifest = read(&root.join("terraform-registry-manifest.json"))?;
        assets.insert(format!("{PROGRAM}_{VERSION}_manifest.json"), manifest);
    }
    let mut assets = bills;
    for (program, files) in programs {
        assets.insert(format!("{program}_{VERSION}_SHA256SUMS"), sums(&files).into_bytes());
        assets.extend(files);
    }

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

/// An archive of files, each with its permissions.
fn archive(files: &[(&str, u32, Vec<u8>)]) -> zip::result::ZipResult<Vec<u8>> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, permissions, content) in files {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .compression_level(Some(9))
            .last_modified_time(DateTime::default())
            .unix_permissions(*permissions);
        archive.start_file(*name, options)?;
        archive.write_all(content)?;
    }
    Ok(archive.finish()?.into_inner())
}

/// A line for each file, in the form that `sha256sum --check` reads.
fn sums(assets: &Files) -> String {
    let lines = assets
        .iter()
        .map(|(name, content)| format!("{}  {name}\n", sum(content)));
    lines.collect()
}

fn sum(content: &[u8]) -> String {
    let digest = digest(&SHA256, content);
    digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}
