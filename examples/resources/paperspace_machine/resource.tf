# The operating system is looked up by name, so that no template's id stands in the configuration.
data "paperspace_template" "ubuntu" {
  is_public = true
  name      = "Ubuntu 22.04"
}

# The least that a machine needs.
resource "paperspace_machine" "minimal" {
  name         = "minimal"
  machine_type = "C5"
  template_id  = data.paperspace_template.ubuntu.id
  disk_size    = 50
  region       = "East Coast (NY2)"
}

# A workstation that costs nothing for computing while nobody uses it, and keeps a week of snapshots.
resource "paperspace_machine" "workstation" {
  name           = "workstation"
  machine_type   = "P4000"
  template_id    = data.paperspace_template.ubuntu.id
  disk_size      = 100
  region         = "ny2"
  public_ip_type = "static"

  auto_shutdown_enabled = true
  auto_shutdown_timeout = 8
  auto_shutdown_force   = false

  auto_snapshot_enabled    = true
  auto_snapshot_frequency  = "daily"
  auto_snapshot_save_count = 7

  deletion_protection = true
}

# A trainer that is kept on, beside the team's other machines. The ids are of your own team's objects: the Paperspace
# console shows them.
resource "paperspace_machine" "trainer" {
  name              = "trainer"
  machine_type      = "A100x8"
  template_id       = data.paperspace_template.ubuntu.id
  disk_size         = 500
  region            = "ny2"
  network_id        = var.network_id
  startup_script_id = var.startup_script_id
  accessor_ids      = var.member_ids
  enable_nvlink     = true
  power_state       = "on"

  timeouts {
    create = "1h"
    update = "45m"
    delete = "30m"
  }
}

# A machine of the first of these types that can be had, in any of these regions. Once it is there, it is left as it is while
# the lists name what it is.
resource "paperspace_machine" "experiment" {
  name          = "experiment"
  machine_types = ["H100", "A100-80G", "A6000"]
  template_id   = data.paperspace_template.ubuntu.id
  disk_size     = 250
  regions       = ["ny2", "ca1"]
}

# A classroom machine for a member of the team, which goes back to its restore point whenever it is shut down.
resource "paperspace_machine" "classroom" {
  name            = "classroom"
  machine_type    = "P4000"
  template_id     = data.paperspace_template.ubuntu.id
  disk_size       = 50
  region          = "ny2"
  user_id         = var.member_ids[0]
  start_on_create = false
  email_password  = false

  take_initial_snapshot     = true
  restore_point_enabled     = true
  restore_point_frequency   = "shutdown"
  restore_point_snapshot_id = var.restore_point_snapshot_id
}

# A machine together with a new user of the team, who gets it. The password is stored in neither plan nor state.
resource "paperspace_machine" "newcomer" {
  name         = "newcomer"
  machine_type = "P4000"
  template_id  = data.paperspace_template.ubuntu.id
  disk_size    = 50
  region       = "ny2"

  new_user = {
    email      = "grace@example.com"
    first_name = "Grace"
    last_name  = "Newcomer"
    password   = var.first_password
  }
}

variable "network_id" {
  description = "The id of a private network of your team."
  type        = string
}

variable "startup_script_id" {
  description = "The id of a startup script of your team."
  type        = string
}

variable "member_ids" {
  description = "The ids of members of your team."
  type        = list(string)
}

variable "restore_point_snapshot_id" {
  description = "The id of a snapshot of the classroom machine, once there is one."
  type        = string
  default     = null
}

variable "first_password" {
  description = "The password with which the new user logs in for the first time."
  type        = string
  sensitive   = true
  ephemeral   = true
}
