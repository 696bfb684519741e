# One address by itself.
data "paperspace_public_ip" "office" {
  ip = "203.0.113.7"
}

# The one address of a machine.
data "paperspace_public_ip" "of_machine" {
  machine_id = "ps8fe3mg1"
}

# The one address of your team in a region.
data "paperspace_public_ip" "in_europe" {
  region = "Europe (AMS1)"
}

output "machine_behind_the_address" {
  value = data.paperspace_public_ip.office.assigned_machine_id
}
