# Runs against a simulated Paperspace on this computer, which `paperspace-sim --speed 1000` starts. Address and key stand
# here rather than in the environment, so that no test ever makes a machine that somebody has to pay for.
provider "paperspace" {
  api_url = "http://127.0.0.1:8484/v1"
  api_key = "sim-key-0000000000000001"
  region  = "ny2"
}

variables {
  name = "ada"

  # Terraform destroys at the end what the runs have made.
  deletion_protection = false
}

run "defaults_guard_money_and_work" {
  command = plan

  variables {
    deletion_protection = null
  }

  assert {
    condition     = paperspace_machine.this.auto_shutdown_enabled && paperspace_machine.this.auto_shutdown_timeout == 4
    error_message = "A workstation must turn itself off after four idle hours."
  }

  assert {
    condition     = paperspace_machine.this.auto_snapshot_frequency == "daily" && paperspace_machine.this.auto_snapshot_save_count == 7
    error_message = "A week of daily snapshots must be kept."
  }

  assert {
    condition     = paperspace_machine.this.deletion_protection
    error_message = "A workstation must be protected unless somebody says otherwise."
  }
}

run "created" {
  assert {
    condition     = paperspace_machine.this.state == "ready"
    error_message = "The workstation is not ready."
  }

  assert {
    condition     = paperspace_machine.this.region == "ny2"
    error_message = "The workstation is not in the provider's region."
  }

  assert {
    condition     = sum(output.accelerators[*].count) == 1
    error_message = "The workstation has no GPU."
  }

  assert {
    condition     = output.public_ip != null && one(paperspace_public_ip_assignment.this[*].machine_id) == output.id
    error_message = "The workstation cannot be reached."
  }

  assert {
    condition     = paperspace_machine.this.startup_script_id == null
    error_message = "Without keys there is no script."
  }
}

run "its_user_can_log_in" {
  variables {
    ssh_public_keys = ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA ada@example.com", "ssh-rsa AAAAB3NzaC1yc2EAAAADAQAB\n"]
  }

  assert {
    condition     = paperspace_machine.this.startup_script_id == one(paperspace_startup_script.keys[*].id) && output.id == run.created.id
    error_message = "The workstation must run the script, and be the same."
  }

  assert {
    condition     = length(regexall("echo 'ssh-(ed25519|rsa) [^']+' >> .ssh/authorized_keys\n", one(paperspace_startup_script.keys[*].script))) == 2
    error_message = "The script must add both keys."
  }
}

run "grown_in_place" {
  variables {
    machine_type = "A4000x2"
    disk_size    = 250
  }

  assert {
    condition     = output.id == run.created.id
    error_message = "Another machine type and a larger disk must not make a new workstation."
  }

  assert {
    condition     = sum(output.accelerators[*].count) == 2 && paperspace_machine.this.storage_total == 250 * pow(2, 30)
    error_message = "The workstation has not grown."
  }

  assert {
    condition     = paperspace_machine.this.state == "ready"
    error_message = "The workstation was not started again."
  }
}

run "turned_off_and_left_alone" {
  variables {
    machine_type          = "A4000x2"
    disk_size             = 250
    power_state           = "off"
    auto_shutdown_timeout = null
    snapshots             = null
  }

  assert {
    condition     = paperspace_machine.this.state == "off"
    error_message = "The workstation is still on."
  }

  assert {
    condition     = !paperspace_machine.this.auto_shutdown_enabled && !paperspace_machine.this.auto_snapshot_enabled
    error_message = "Auto-shutdown and snapshots must be off."
  }
}

run "another_template_changes_nothing_by_itself" {
  variables {
    machine_type  = "A4000x2"
    disk_size     = 250
    template_name = "Ubuntu 24.04"
  }

  assert {
    condition     = output.id == run.created.id && output.os == "Ubuntu 22.04 Server"
    error_message = "Another template must not make a new workstation."
  }
}

run "made_anew_on_request" {
  plan_options {
    replace = [paperspace_machine.this]
  }

  variables {
    machine_type  = "A4000x2"
    disk_size     = 250
    template_name = "Ubuntu 24.04"
  }

  assert {
    condition     = output.id != run.created.id && output.os == "Ubuntu 24.04 Server"
    error_message = "There must be a new workstation, made from the other template."
  }

  assert {
    condition     = output.public_ip == run.created.public_ip && one(paperspace_public_ip_assignment.this[*].machine_id) == output.id
    error_message = "The new workstation must have the address of the old one."
  }
}

run "an_address_while_it_is_on" {
  variables {
    machine_type   = "A4000x2"
    disk_size      = 250
    template_name  = "Ubuntu 24.04"
    public_ip_type = "dynamic"
  }

  assert {
    condition     = length(paperspace_public_ip.this) == 0 && output.id == run.made_anew_on_request.id
    error_message = "The workstation must be the same, without an address of its own."
  }
}

run "a_machine_without_a_gpu_is_refused" {
  command = plan

  variables {
    machine_type = "C5"
  }

  expect_failures = [var.machine_type]
}

run "mistakes_are_found_before_anything_is_made" {
  command = plan

  variables {
    name                  = " "
    disk_size             = 10
    public_ip_type        = "fixed"
    ssh_public_keys       = ["ssh-ed25519 AAAA ada's"]
    power_state           = "asleep"
    auto_shutdown_timeout = 0.5
    snapshots             = { frequency = "yearly", save_count = 10 }
  }

  expect_failures = [
    var.name,
    var.disk_size,
    var.public_ip_type,
    var.ssh_public_keys,
    var.power_state,
    var.auto_shutdown_timeout,
    var.snapshots,
  ]
}
