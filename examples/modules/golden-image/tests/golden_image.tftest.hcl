# Runs against a simulated Paperspace on this computer, which `paperspace-sim --speed 1000` starts. Address and key stand
# here rather than in the environment, so that no test ever makes a machine that somebody has to pay for.
provider "paperspace" {
  api_url = "http://127.0.0.1:8484/v1"
  api_key = "sim-key-0000000000000001"
  region  = "ny2"
}

variables {
  name     = "vision"
  script   = "#!/bin/bash\nset -e\napt-get install --yes cifs-utils\n"
  machines = { first = { machine_type = "A4000" } }
}

run "built" {
  assert {
    condition     = endswith(paperspace_startup_script.build.script, "cifs-utils\nshutdown -h now\n")
    error_message = "The script must turn the builder off in the end."
  }

  assert {
    condition     = paperspace_custom_template.this.machine_id == output.builder_id
    error_message = "The image must be taken of the builder."
  }

  assert {
    condition     = paperspace_machine.this["first"].template_id == output.template_id && paperspace_machine.this["first"].state == "ready"
    error_message = "The machine must be made from the image."
  }

  assert {
    condition     = contains(output.machine_types, "A4000")
    error_message = "The image must be for the machine's type."
  }
}

run "the_builder_stays_off" {
  assert {
    condition     = one(paperspace_machine.builder[*].state) == "off" && output.builder_id == run.built.builder_id
    error_message = "The builder must be off, and be the same."
  }
}

run "an_image_outlives_its_builder" {
  variables {
    keep_builder = false
  }

  assert {
    condition     = output.builder_id == null && output.template_id == run.built.template_id
    error_message = "The builder must be gone, and the image must stay."
  }
}

run "another_script_makes_another_image" {
  variables {
    script = "#!/bin/bash\nset -e\napt-get install --yes cifs-utils tmux\n"
  }

  assert {
    condition     = output.builder_id != run.built.builder_id && output.template_id != run.built.template_id
    error_message = "There must be another builder, and another image."
  }

  assert {
    condition     = paperspace_custom_template.this.machine_id == output.builder_id
    error_message = "The image must be taken of the new builder."
  }

  assert {
    condition     = output.ids == run.built.ids
    error_message = "Machines made from the old image must be kept."
  }
}

run "a_third_script_replaces_the_builder" {
  variables {
    script = "#!/bin/bash\nset -e\napt-get install --yes cifs-utils tmux htop\n"
  }

  assert {
    condition     = output.builder_id != run.another_script_makes_another_image.builder_id && paperspace_custom_template.this.machine_id == output.builder_id
    error_message = "The image must be taken of a builder that ran the new script."
  }
}

run "a_machine_is_renewed_on_request" {
  plan_options {
    replace = [paperspace_machine.this["first"]]
  }

  variables {
    script = "#!/bin/bash\nset -e\napt-get install --yes cifs-utils tmux htop\n"
  }

  assert {
    condition     = output.ids["first"] != run.built.ids["first"] && paperspace_machine.this["first"].template_id == output.template_id
    error_message = "The machine must be a new one, made from the new image."
  }
}

run "mistakes_are_found_before_anything_is_made" {
  command = plan

  variables {
    name      = "Vision Team"
    script    = "apt-get update"
    disk_size = 10
  }

  expect_failures = [var.name, var.script, var.disk_size]
}
