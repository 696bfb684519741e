# A GPU machine on Paperspace, made from an operating system that is looked up by name.

terraform {
  required_providers {
    paperspace = {
      source = "paperspace-rs/paperspace"
    }
  }
}

# The API key is taken from PAPERSPACE_API_KEY, so that it stands in no file.
provider "paperspace" {
  region = "ny2"
}

data "paperspace_templates" "ubuntu" {
  is_public = true
  name      = "Ubuntu 22.04"
}

resource "paperspace_machine" "trainer" {
  name           = "trainer"
  machine_type   = "P4000"
  template_id    = data.paperspace_templates.ubuntu.ids[0]
  disk_size      = 50 # GB
  public_ip_type = "dynamic"

  auto_shutdown_enabled = true
  auto_shutdown_timeout = 8 # hours
}

output "trainer" {
  value = {
    id    = paperspace_machine.trainer.id
    state = paperspace_machine.trainer.state
    ip    = paperspace_machine.trainer.public_ip
  }
}
