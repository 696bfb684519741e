# A shared drive by its name.
data "paperspace_shared_drive" "datasets" {
  name   = "datasets"
  region = "ny2"
}

# One by what its name begins with.
data "paperspace_shared_drive" "by_expression" {
  name_regex = "^data"
}

# One by its id.
data "paperspace_shared_drive" "by_id" {
  id = "sd1datasets"
}

output "mount_point" {
  value = data.paperspace_shared_drive.datasets.mount_point
}
