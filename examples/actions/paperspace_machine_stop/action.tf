data "paperspace_machines" "on" {
  state = "ready"
}

# Every machine that is on, side by side.
action "paperspace_machine_stop" "all" {
  config {
    machine_ids = data.paperspace_machines.on.ids
    timeout     = "20m"
  }
}

# One machine. The run goes on as soon as Paperspace has taken it on.
action "paperspace_machine_stop" "workstation" {
  config {
    machine_id = "ps8fe3mg1"
    wait       = false
  }
}
