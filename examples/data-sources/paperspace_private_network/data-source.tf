# A network by its name, to put a machine on it.
data "paperspace_private_network" "research" {
  name   = "research"
  region = "ny2"
}

# One by what its name begins with.
data "paperspace_private_network" "by_expression" {
  name_regex = "^resea"
}

# One by its id.
data "paperspace_private_network" "by_id" {
  id = "n1research"
}

output "network_id" {
  value = data.paperspace_private_network.research.id
}
