variable "wanted_region" {
  type    = string
  default = "East Coast (NY2)"

  validation {
    condition     = can(provider::paperspace::region(var.wanted_region))
    error_message = "Name a region of Paperspace, such as \"ny2\"."
  }
}

data "paperspace_machines" "all" {}

# The machines of that region, however it and theirs are written.
output "machines_in_region" {
  value = [
    for machine in data.paperspace_machines.all.machines : machine.name
    if provider::paperspace::region(machine.region) == provider::paperspace::region(var.wanted_region)
  ]
}
