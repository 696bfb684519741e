data "paperspace_template" "ml" {
  is_public = true
  name      = "ML-in-a-Box V100 A4000"
}

# What a template can be used on in a region at the moment, with a GPU.
data "paperspace_machine_types" "gpu" {
  region       = "ny2"
  template_id  = data.paperspace_template.ml.id
  is_gpu       = true
  is_available = true
}

# Those with at least four GPUs.
output "large" {
  value = [
    for type in data.paperspace_machine_types.gpu.machine_types :
    "${type.label}: ${type.gpu_count} x ${type.gpu}" if type.gpu_count >= 4
  ]
}
