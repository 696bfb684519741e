# One of your team's machines, by its name.
data "paperspace_machine" "workstation" {
  name = "workstation"
}

# The only machine of a kind: it is an error if there are several.
data "paperspace_machine" "running" {
  name_regex   = "^work"
  region       = "ny2"
  machine_type = "P4000"
  state        = "ready"
  agent_type   = "LinuxHeadless"
}

# A machine whose id is known.
data "paperspace_machine" "chosen" {
  id = var.machine_id
}

variable "machine_id" {
  description = "The id of a machine of your team."
  type        = string
}

output "workstation" {
  value = {
    address      = data.paperspace_machine.workstation.public_ip
    storage_used = data.paperspace_machine.workstation.storage_used
  }
}
