# An image of a machine that somebody set up by hand. The machine is stopped for it and started again.
resource "paperspace_custom_template" "golden" {
  name                = "golden"
  machine_id          = var.machine_id
  power_cycle         = true
  deletion_protection = true

  timeouts {
    create = "2h"
    delete = "30m"
  }

  # A replaced machine is no reason for a new image.
  lifecycle {
    ignore_changes = [machine_id]
  }
}

output "machine_types" {
  value = paperspace_custom_template.golden.available_machine_types[*].machine_type_label
}

variable "machine_id" {
  description = "The id of a machine of your team."
  type        = string
}
