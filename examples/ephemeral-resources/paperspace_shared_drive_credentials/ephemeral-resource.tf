data "paperspace_shared_drive" "datasets" {
  name = "datasets"
}

ephemeral "paperspace_shared_drive_credentials" "datasets" {
  id = data.paperspace_shared_drive.datasets.id
}

# The password goes from Paperspace into the script, and Terraform keeps neither.
resource "paperspace_startup_script" "mount_datasets" {
  name = "mount-datasets"

  script_wo = <<-EOT
    #!/bin/sh
    set -eu
    umask 077
    cat > /root/.datasets <<'END'
    username=${ephemeral.paperspace_shared_drive_credentials.datasets.username}
    password=${ephemeral.paperspace_shared_drive_credentials.datasets.password}
    END
    mkdir -p /mnt/datasets
    mount -t cifs "${ephemeral.paperspace_shared_drive_credentials.datasets.mount_point}" /mnt/datasets -o credentials=/root/.datasets
  EOT

  # Another number sends the text again, for example when the password is another one.
  script_wo_version = 1
}
