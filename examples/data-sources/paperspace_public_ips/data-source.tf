# All addresses of your team.
data "paperspace_public_ips" "all" {}

# The addresses in a region, in the order in which they were claimed.
data "paperspace_public_ips" "in_region" {
  region  = "ny2"
  sort_by = "created_at"
  order   = "asc"
}

# The addresses of a machine.
data "paperspace_public_ips" "of_machine" {
  machine_id = "ps8fe3mg1"
}

# Addresses that nobody uses, and that are billed all the same.
output "free" {
  value = [for address in data.paperspace_public_ips.all.public_ips : address.ip if address.assigned_machine_id == null]
}
