variable "wanted_machine_type" {
  type    = string
  default = "A4000x2"
}

locals {
  wanted = provider::paperspace::machine_type(var.wanted_machine_type)
}

data "paperspace_template" "this" {
  is_public = true
  name      = "Ubuntu 22.04"
}

resource "paperspace_machine" "worker" {
  name         = "worker"
  machine_type = local.wanted.label
  template_id  = data.paperspace_template.this.id
  region       = "ny2"

  # A type with GPUs needs room for their drivers and libraries.
  disk_size = local.wanted.is_gpu ? 100 : 50
}

output "gpus" {
  value = "${local.wanted.gpu_count} x ${coalesce(local.wanted.gpu, "no GPU")}"
}
