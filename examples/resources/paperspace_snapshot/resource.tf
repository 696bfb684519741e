# The disk of a machine before something risky is done to it.
resource "paperspace_snapshot" "before_upgrade" {
  machine_id = var.machine_id
  name       = "before the upgrade"

  timeouts {
    create = "2h"
    delete = "30m"
  }
}

# Kept until somebody lifts the protection, or destroys the machine.
resource "paperspace_snapshot" "baseline" {
  machine_id          = var.machine_id
  name                = "baseline"
  deletion_protection = true
}

variable "machine_id" {
  description = "The id of a machine of your team."
  type        = string
}
