data "paperspace_machines" "off" {
  state = "off"
}

# Every machine that is off, side by side.
action "paperspace_machine_start" "all" {
  config {
    machine_ids = data.paperspace_machines.off.ids
    timeout     = "20m"
  }
}

# One machine. The run goes on as soon as Paperspace has taken it on.
action "paperspace_machine_start" "workstation" {
  config {
    machine_id = "ps8fe3mg1"
    wait       = false
  }
}
