//! The documents whose commands are run, with what a reader has at their beginning.

use crate::support::workspace::VERSIONS;

/// What is there before the first command, where a document does not say how to get it.
pub struct Before {
    /// The document, below the root.
    pub document: &'static str,
    /// Files to write, by name.
    pub files: &'static [(&'static str, &'static str)],
    /// Commands to run.
    pub commands: &'static str,
    /// What to run before a block that begins so.
    pub interludes: &'static [(&'static str, &'static str)],
    /// The heading from which on the real service is meant.
    pub until: Option<&'static str>,
}

const INSTALL: &str = "\"$PROVIDER\" install";

/// A service as the user of a guide has it: with the machine that examples speak of.
const WITH_SERVICE: &str = "\"$PROVIDER\" install\npaperspace-sim --speed 1000 --quiet --seed seed.json &\nexport \
                            PAPERSPACE_API_URL=http://127.0.0.1:8484/v1\nexport PAPERSPACE_API_KEY=sim-key-0000000000000001";

/// The machines of a module are there, and no longer protected: a protected one is not made anew, as both READMEs say.
const UNPROTECTED: &str = "terraform init
grep -v deletion_protection main.tf | awk '{ print } / source = \"[.]/ { print \"  deletion_protection = false\" }' > changed
mv changed main.tf
terraform apply";

/// Where nothing else is to be initialised, Terraform takes the provider from where it was built.
pub const OVERRIDES: (&str, &str) = (
    "cli.tfrc",
    "provider_installation {\n  dev_overrides {\n    \"paperspace-rs/paperspace\" = \"PROVIDER_FOLDER\"\n  }\n  direct {}\n}\n",
);

const SEED: (&str, &str) = (
    "seed.json",
    r#"{"machines": [{"id": "ps8fe3mg1", "name": "workstation", "machineType": "P4000", "templateId": "tkni3aa4",
        "diskSize": 100, "region": "ny2", "state": "ready"}]}"#,
);

/// Every document with commands.
pub const DOCUMENTS: &[Before] = &[
    Before {
        document: "README.md",
        files: &[],
        // Who reads on has a key of the service, which is written as three dots.
        commands: "paperspace-sim --speed 1000 --quiet --api-key ... &\nexport PAPERSPACE_API_URL=http://127.0.0.1:8484/v1\n\
                   mkdir ~/.ssh\necho 'ssh-ed25519 AAAA reader@example.com' > ~/.ssh/id_ed25519.pub",
        interludes: &[],
        until: None,
    },
    Before {
        document: "docs/guides/bringing-an-existing-team.md",
        files: &[SEED],
        commands: WITH_SERVICE,
        interludes: &[],
        until: None,
    },
    Before {
        document: "docs/guides/cost-control.md",
        files: &[SEED, OVERRIDES],
        commands: WITH_SERVICE,
        interludes: &[],
        until: None,
    },
    Before {
        document: "docs/guides/data-and-images.md",
        files: &[SEED],
        commands: WITH_SERVICE,
        interludes: &[],
        until: None,
    },
    Before {
        document: "docs/guides/getting-started.md",
        files: &[],
        commands: "",
        interludes: &[],
        until: Some("## Go on with real machines"),
    },
    Before {
        document: "docs/guides/importing-and-moving.md",
        files: &[SEED, OVERRIDES],
        commands: WITH_SERVICE,
        // The machine is in the state as the guide has imported it.
        interludes: &[("terraform state rm", "cp shown-2 main.tf\nterraform apply")],
        until: None,
    },
    Before {
        document: "docs/guides/log-in-and-run.md",
        files: &[SEED],
        commands: WITH_SERVICE,
        interludes: &[],
        until: None,
    },
    Before {
        document: "docs/guides/run-book.md",
        files: &[SEED, OVERRIDES],
        commands: WITH_SERVICE,
        interludes: &[
            // What the guide adds is added.
            (
                "terraform apply -invoke=action.paperspace_machine_stop.workstation",
                "{ cat shown-1; sed '/^terraform {/,/^}/d' shown-2; } > main.tf",
            ),
        ],
        until: None,
    },
    Before {
        document: "docs/guides/testing-modules.md",
        files: &[(
            "main.tf",
            r#"
variable "name" {
  type    = string
  default = "made"
}

resource "paperspace_machine" "this" {
  name         = var.name
  machine_type = "P4000"
  template_id  = "tkni3aa4"
  disk_size    = 50
  region       = "ny2"
}

terraform {
  required_providers {
    paperspace = {
      source = "paperspace-rs/paperspace"
    }
  }
}
"#,
        )],
        commands: INSTALL,
        interludes: &[
            ("paperspace-sim", "terraform init"),
            // What the release has is packed below.
            (
                "archive=",
                "export PAPERSPACE_SIM_SHA256=$(sha256sum < ../release.zip | cut -d ' ' -f 1)",
            ),
            (
                "curl",
                "export PAPERSPACE_API_URL=http://127.0.0.1:8484/v1 PAPERSPACE_API_KEY=sim-key-0000000000000001",
            ),
        ],
        until: None,
    },
    Before {
        document: "docs/guides/troubleshooting.md",
        files: &[
            SEED,
            OVERRIDES,
            ("main.tf", VERSIONS),
            ("all.tf", "data \"paperspace_machines\" \"all\" {}\n"),
        ],
        commands: WITH_SERVICE,
        interludes: &[],
        until: None,
    },
    Before {
        document: "docs/guides/what-is-available.md",
        files: &[SEED],
        commands: WITH_SERVICE,
        interludes: &[],
        until: None,
    },
    Before {
        document: "examples/modules/golden-image/README.md",
        files: &[SEED],
        commands: WITH_SERVICE,
        interludes: &[
            ("terraform apply -replace", "terraform init\nterraform apply"),
            ("paperspace-sim", "cd modules/golden-image\nterraform init"),
        ],
        until: None,
    },
    Before {
        document: "examples/modules/training-fleet/README.md",
        files: &[SEED],
        commands: WITH_SERVICE,
        interludes: &[
            ("terraform apply -replace", UNPROTECTED),
            ("paperspace-sim", "cd modules/training-fleet\nterraform init"),
        ],
        until: None,
    },
    Before {
        document: "examples/modules/workstation/README.md",
        files: &[SEED],
        commands: WITH_SERVICE,
        interludes: &[
            ("terraform apply -replace", UNPROTECTED),
            ("paperspace-sim", "cd modules/workstation\nterraform init"),
        ],
        until: None,
    },
    Before {
        document: "examples/two-teams/README.md",
        files: &[],
        commands: "\"$PROVIDER\" install\ncd two-teams",
        interludes: &[],
        until: None,
    },
];
