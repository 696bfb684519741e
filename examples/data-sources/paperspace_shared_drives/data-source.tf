# All shared drives of your team.
data "paperspace_shared_drives" "all" {}

# Those in a region, the newest first.
data "paperspace_shared_drives" "in_region" {
  region  = "ny2"
  sort_by = "created_at"
  order   = "desc"
}

# Those of one name, and those whose name begins alike.
data "paperspace_shared_drives" "named" {
  name = "datasets"
}

data "paperspace_shared_drives" "like" {
  name_regex = "^data"
}

output "gigabytes" {
  value = sum(concat([0], data.paperspace_shared_drives.all.shared_drives[*].size))
}
