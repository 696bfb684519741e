resource "paperspace_startup_script" "drivers" {
  name   = "drivers"
  script = "#!/bin/sh\napt-get install --yes nvidia-driver-535\n"

  # A changed script works at the next boot.
  lifecycle {
    action_trigger {
      events  = [after_update]
      actions = [action.paperspace_machine_restart.workers]
    }
  }
}

data "paperspace_machines" "workers" {
  name_regex = "^worker"
  state      = "ready"
}

action "paperspace_machine_restart" "workers" {
  config {
    machine_ids = data.paperspace_machines.workers.ids
    timeout     = "20m"
  }
}

# One that hangs: terraform apply -invoke=action.paperspace_machine_restart.workstation
action "paperspace_machine_restart" "workstation" {
  config {
    machine_id = "ps8fe3mg1"
    wait       = true
  }
}
