data "paperspace_template" "this" {
  name      = var.template_name
  is_public = var.template_is_public
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
  startup_script_id = var.startup_script_id

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
