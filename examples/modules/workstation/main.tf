data "paperspace_template" "this" {
  name      = var.template_name
  is_public = var.template_is_public
}

locals {
  has_keys        = length(var.ssh_public_keys) > 0
  has_drive       = var.shared_drive != null
  has_own_address = var.public_ip_type == null

  # Paperspace puts no keys for SSH on a machine by itself. The script runs at each start, and adds what is not there yet.
  add_keys = join("\n", concat(
    [
      "cd /home/paperspace",
      "install -d -m 700 -o paperspace -g paperspace .ssh",
    ],
    [
      for key in var.ssh_public_keys :
      "grep -qxF '${trimspace(key)}' .ssh/authorized_keys || echo '${trimspace(key)}' >> .ssh/authorized_keys"
    ],
    [""],
  ))
}

resource "paperspace_startup_script" "keys" {
  count = local.has_keys && !local.has_drive ? 1 : 0

  name   = "${var.name} keys"
  script = "#!/bin/bash\n${local.add_keys}"
}

ephemeral "paperspace_shared_drive_credentials" "this" {
  count = local.has_drive ? 1 : 0

  id = var.shared_drive.id
}

# A machine has one script, so that this one adds the keys too. It holds the drive's password: Terraform passes the text on, and
# keeps it neither in the state nor in a plan.
resource "paperspace_startup_script" "drive" {
  count = local.has_drive ? 1 : 0

  name = "${var.name} drive"

  script_wo = <<-EOT
    #!/bin/bash
    ${local.has_keys ? local.add_keys : ""}
    command -v mount.cifs > /dev/null || { apt-get update && apt-get install --yes cifs-utils; }
    umask 077
    cat > /root/.shared-drive <<'END'
    username=${ephemeral.paperspace_shared_drive_credentials.this[0].username}
    password=${ephemeral.paperspace_shared_drive_credentials.this[0].password}
    END
    mkdir -p '${var.shared_drive.path}'
    mountpoint -q '${var.shared_drive.path}' || mount -t cifs '${ephemeral.paperspace_shared_drive_credentials.this[0].mount_point}' '${var.shared_drive.path}' -o credentials=/root/.shared-drive,uid=paperspace,gid=paperspace
  EOT

  # The text is sent when this number is another one: with other keys, another drive, or another version.
  script_wo_version = parseint(substr(sha256(jsonencode([var.shared_drive, var.ssh_public_keys])), 0, 8), 16)
}

resource "paperspace_machine" "this" {
  name         = var.name
  machine_type = var.machine_type
  template_id  = data.paperspace_template.this.id
  disk_size    = var.disk_size
  region       = var.region

  network_id     = var.network_id
  public_ip_type = var.public_ip_type

  user_id           = var.user_id
  accessor_ids      = var.accessor_ids
  startup_script_id = one(concat(paperspace_startup_script.drive[*].id, paperspace_startup_script.keys[*].id, local.has_keys || local.has_drive ? [] : [var.startup_script_id]))

  power_state           = var.power_state
  auto_shutdown_enabled = var.auto_shutdown_timeout != null
  auto_shutdown_timeout = var.auto_shutdown_timeout

  auto_snapshot_enabled    = var.snapshots != null
  auto_snapshot_frequency  = try(var.snapshots.frequency, null)
  auto_snapshot_save_count = try(var.snapshots.save_count, null)

  deletion_protection = var.deletion_protection

  lifecycle {
    # A template made again under its old name has a new id. That is no reason to make the workstation again, and to lose
    # what is on it: whoever wants that says so by `terraform apply -replace`.
    ignore_changes = [template_id]
  }
}

# An address that stays the same when the workstation is made anew.
resource "paperspace_public_ip" "this" {
  count = local.has_own_address ? 1 : 0

  region              = var.region
  deletion_protection = var.deletion_protection
}

resource "paperspace_public_ip_assignment" "this" {
  count = local.has_own_address ? 1 : 0

  ip         = paperspace_public_ip.this[0].ip
  machine_id = paperspace_machine.this.id
}
