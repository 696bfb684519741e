# Runs against a simulated Paperspace on this computer, which `paperspace-sim --speed 1000` starts. Address and key stand
# here rather than in the environment, so that no test ever makes a machine that somebody has to pay for.
provider "paperspace" {
  api_url = "http://127.0.0.1:8484/v1"
  api_key = "sim-key-0000000000000001"
  region  = "ny2"
}

variables {
  name = "vision"
  machines = {
    large = { machine_type = "A100-80Gx8", disk_size = 1000, enable_nvlink = true }
    small = { machine_type = "A4000" }
  }
}

run "idle_machines_turn_themselves_off_by_default" {
  command = plan

  assert {
    condition     = alltrue([for machine in paperspace_machine.this : machine.auto_shutdown_enabled])
    error_message = "Every machine must have auto-shutdown."
  }

  assert {
    condition     = alltrue([for machine in paperspace_machine.this : !machine.auto_shutdown_force])
    error_message = "No machine may turn itself off while it is in use."
  }
}

run "created" {
  assert {
    condition     = alltrue([for machine in paperspace_machine.this : machine.state == "ready"])
    error_message = "Not every machine is ready."
  }

  assert {
    condition     = { for key, machine in output.machines : key => machine.name } == { large = "vision-large", small = "vision-small" }
    error_message = "The machines must be called after the fleet and their keys."
  }

  assert {
    condition     = alltrue([for machine in paperspace_machine.this : machine.network_id == output.network_id]) && output.network_id == one(paperspace_private_network.this[*].id)
    error_message = "The machines must share the fleet's own network."
  }

  assert {
    condition     = output.drive == null
    error_message = "There is no drive unless somebody asks for one."
  }

  assert {
    condition     = output.gpus == 9
    error_message = "The fleet must have nine GPUs."
  }

  assert {
    condition     = output.usage_rate > paperspace_machine.this["large"].usage_rate && output.storage_rate > 0
    error_message = "The fleet must cost more than its large machine alone."
  }

  assert {
    condition     = length(tostring(output.usage_rate)) < 10
    error_message = "The sum of the prices is not rounded."
  }
}

run "data_sets_have_a_drive" {
  variables {
    drive_size = 500
  }

  assert {
    condition     = startswith(output.drive.mount_point, "//") && one(paperspace_shared_drive.this[*].network_id) == output.network_id
    error_message = "The machines must have a drive on their network."
  }

  assert {
    condition     = output.ids == run.created.ids
    error_message = "A drive must not touch the machines."
  }
}

run "one_more_leaves_the_others_alone" {
  variables {
    drive_size = 500

    machines = {
      large = { machine_type = "A100-80Gx8", disk_size = 1000, enable_nvlink = true }
      small = { machine_type = "A4000" }
      tools = { machine_type = "C5", disk_size = 50 }
    }
  }

  assert {
    condition     = length(output.ids) == 3 && output.gpus == 9
    error_message = "There must be three machines, of which one has no GPU."
  }

  assert {
    condition     = output.ids["large"] == run.created.ids["large"] && output.ids["small"] == run.created.ids["small"]
    error_message = "The machines that were there must be kept."
  }
}

run "one_less_leaves_the_others_alone" {
  variables {
    machines = {
      large = { machine_type = "A100-80Gx8", disk_size = 1000, enable_nvlink = true }
    }
  }

  assert {
    condition     = output.ids == { large = run.created.ids["large"] }
    error_message = "Only the large machine must be left, and be the same."
  }
}

run "one_machine_is_renewed_without_the_others" {
  plan_options {
    replace = [paperspace_machine.this["small"]]
  }

  variables {
    template_name = "Ubuntu 24.04"
  }

  assert {
    condition     = output.ids["large"] == run.created.ids["large"] && output.ids["small"] != run.created.ids["small"]
    error_message = "Only the small machine must be a new one."
  }

  assert {
    condition     = paperspace_machine.this["small"].os == "Ubuntu 24.04 Server" && paperspace_machine.this["large"].os == "Ubuntu 22.04 Server"
    error_message = "Only the small machine must have the other operating system."
  }
}

run "off_for_the_night" {
  variables {
    machines = {
      large = { machine_type = "A100-80Gx8", disk_size = 1000, enable_nvlink = true }
    }
    power_state           = "off"
    auto_shutdown_timeout = null
  }

  assert {
    condition     = paperspace_machine.this["large"].state == "off" && output.ids["large"] == run.created.ids["large"]
    error_message = "The machine must be off, and be the same."
  }
}

run "members_may_use_all_machines" {
  variables {
    accessor_ids = ["u2member"]
  }

  assert {
    condition     = alltrue([for machine in paperspace_machine.this : machine.accessor_ids == toset(["u2member"])])
    error_message = "The member must be able to use every machine."
  }
}

run "made_of_a_golden_image" {
  command = plan

  variables {
    template_name = null
    template_id   = "tqk2m7ab"
    machines      = { new = { machine_type = "A4000" } }
  }

  assert {
    condition     = paperspace_machine.this["new"].template_id == "tqk2m7ab"
    error_message = "The machine must be made from the image."
  }
}

run "a_network_that_is_there_must_be_asked_for" {
  command = plan

  variables {
    network_id = "n1other"
  }

  expect_failures = [paperspace_private_network.this]
}

run "made_of_the_teams_own_template" {
  command = plan

  variables {
    template_name      = "web base"
    template_is_public = false
  }

  assert {
    condition     = !data.paperspace_template.this[0].is_public
    error_message = "The template must be the team's own."
  }
}

run "an_empty_fleet_is_a_fleet" {
  variables {
    machines = {}
  }

  assert {
    condition     = output.gpus == 0 && output.usage_rate == 0 && output.ids == {}
    error_message = "An empty fleet has no GPUs, and costs nothing."
  }
}

run "a_fleet_may_be_protected" {
  command = plan

  variables {
    deletion_protection = true
  }

  assert {
    condition     = alltrue([for machine in paperspace_machine.this : machine.deletion_protection])
    error_message = "Every machine must be protected."
  }
}

run "mistakes_are_found_before_anything_is_made" {
  command = plan

  variables {
    name                  = "Vision Team"
    machines              = { "A 1" = { machine_type = "A4000", disk_size = 10 } }
    public_ip_type        = "fixed"
    power_state           = "asleep"
    drive_size            = 10
    auto_shutdown_timeout = 0
  }

  expect_failures = [
    var.name,
    var.machines,
    var.public_ip_type,
    var.power_state,
    var.drive_size,
    var.auto_shutdown_timeout,
  ]
}
