locals {
  has_auto_shutdown = var.auto_shutdown_timeout != null
}

data "paperspace_template" "this" {
  name      = var.template_name
  is_public = var.template_is_public
}

resource "paperspace_machine" "this" {
  for_each = var.machines

  name          = "${var.name}-${each.key}"
  machine_type  = each.value.machine_type
  template_id   = data.paperspace_template.this.id
  disk_size     = each.value.disk_size
  region        = var.region
  enable_nvlink = each.value.enable_nvlink

  network_id     = var.network_id
  public_ip_type = var.public_ip_type

  user_id           = each.value.user_id
  accessor_ids      = each.value.accessor_ids != null ? each.value.accessor_ids : var.accessor_ids
  startup_script_id = var.startup_script_id

  power_state           = var.power_state
  auto_shutdown_enabled = local.has_auto_shutdown
  auto_shutdown_timeout = var.auto_shutdown_timeout
  auto_shutdown_force   = local.has_auto_shutdown ? var.auto_shutdown_force : null

  deletion_protection = var.deletion_protection

  lifecycle {
    # A template made again under its old name has a new id. That is no reason to make the whole fleet again: machines
    # are renewed one by one, by `terraform apply -replace`.
    ignore_changes = [template_id]
  }
}
