data "paperspace_snapshot" "before" {
  name       = "before"
  machine_id = "ps8fe3mg1"
}

# After it went wrong: terraform apply -invoke=action.paperspace_snapshot_restore.before
action "paperspace_snapshot_restore" "before" {
  config {
    snapshot_id = data.paperspace_snapshot.before.id
    wait        = true
    timeout     = "2h"

    # What the disk holds now can be had back as well.
    create_snapshot_before_restore = true
  }
}
