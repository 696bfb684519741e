# A machine's snapshot by its name.
data "paperspace_snapshot" "before" {
  machine_id = "ps8fe3mg1"
  name       = "before"
}

# One by what its name begins with.
data "paperspace_snapshot" "by_expression" {
  name_regex = "^bef"
}

# One by its id.
data "paperspace_snapshot" "by_id" {
  id = "sl1before"
}

output "snapshot_id" {
  value = data.paperspace_snapshot.before.id
}
