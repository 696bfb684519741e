# Every machine that is on.
list "paperspace_machine" "on" {
  provider = paperspace
  limit    = 1000

  config {
    state = "ready"
  }
}

# The machines for training, with everything that is known of them.
list "paperspace_machine" "training" {
  provider         = paperspace
  include_resource = true

  config {
    name_regex   = "^train-"
    region       = "ny2"
    machine_type = "A100"
    agent_type   = "LinuxHeadless"
  }
}

# The one of this name.
list "paperspace_machine" "workstation" {
  provider = paperspace

  config {
    name = "workstation"
  }
}
