locals {
  has_auto_shutdown = var.auto_shutdown_timeout != null
  network_id        = var.own_network ? paperspace_private_network.this[0].id : var.network_id
}

resource "paperspace_private_network" "this" {
  count = var.own_network ? 1 : 0

  name   = var.name
  region = var.region

  lifecycle {
    # In another region there is another network, and machines leave the old one before it goes.
    create_before_destroy = true

    precondition {
      condition     = var.network_id == null
      error_message = "The fleet has a network of its own. To be on the network `network_id`, set `own_network = false`."
    }
  }
}

# The data sets that all machines read. Machines mount it by what the output `drive` tells.
resource "paperspace_shared_drive" "this" {
  count = var.drive_size != null ? 1 : 0

  name                = var.name
  size                = var.drive_size
  region              = var.region
  network_id          = local.network_id
  deletion_protection = var.deletion_protection
}

data "paperspace_template" "this" {
  count = var.template_name != null ? 1 : 0

  name      = var.template_name
  is_public = var.template_is_public
}

resource "paperspace_machine" "this" {
  for_each = var.machines

  name          = "${var.name}-${each.key}"
  machine_type  = each.value.machine_type
  template_id   = var.template_name != null ? data.paperspace_template.this[0].id : var.template_id
  disk_size     = each.value.disk_size
  region        = var.region
  enable_nvlink = each.value.enable_nvlink

  network_id     = local.network_id
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
