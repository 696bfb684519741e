# All snapshots of your team's machines.
data "paperspace_snapshots" "all" {}

# The snapshots of a machine.
data "paperspace_snapshots" "of_machine" {
  machine_id = "ps8fe3mg1"
  sort_by    = "name"
  order      = "desc"
}

# Those of one name, and those whose name begins alike.
data "paperspace_snapshots" "named" {
  name = "before"
}

data "paperspace_snapshots" "like" {
  name_regex = "^before"
}

output "taken_by_hand" {
  value = [for snapshot in data.paperspace_snapshots.of_machine.snapshots : snapshot.id if !snapshot.is_auto_snapshot]
}
