# All private networks of your team.
data "paperspace_private_networks" "all" {}

# Those in a region, the newest first.
data "paperspace_private_networks" "in_region" {
  region  = "ny2"
  sort_by = "created_at"
  order   = "desc"
}

# Those of one name, and those whose name begins alike.
data "paperspace_private_networks" "named" {
  name = "research"
}

data "paperspace_private_networks" "like" {
  name_regex = "^res"
}

output "ranges" {
  value = data.paperspace_private_networks.all.private_networks[*].cidr
}
