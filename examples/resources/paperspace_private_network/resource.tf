# A network for the machines and drives of a project. A change of its region makes a new one, and machines move to that before
# the old one goes.
resource "paperspace_private_network" "research" {
  name   = "research"
  region = "ny2"

  timeouts {
    delete = "30m"
  }

  lifecycle {
    create_before_destroy = true
  }
}

output "addresses" {
  value = paperspace_private_network.research.cidr
}
