# Before something that could go wrong: terraform apply -invoke=action.paperspace_machine_snapshot.before
action "paperspace_machine_snapshot" "before" {
  config {
    machine_id = "ps8fe3mg1"
    name       = "before the upgrade"
    wait       = true
    timeout    = "2h"
  }
}
