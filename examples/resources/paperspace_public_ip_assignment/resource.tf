resource "paperspace_public_ip" "service" {
  region = "ny2"
}

# The address points to the machine, and to its successor where the machine is replaced.
resource "paperspace_public_ip_assignment" "service" {
  ip         = paperspace_public_ip.service.ip
  machine_id = var.machine_id

  timeouts {
    create = "10m"
    update = "10m"
    delete = "10m"
  }
}

output "address" {
  value = paperspace_public_ip.service.ip
}

variable "machine_id" {
  description = "The id of a machine of your team, in the region of the address."
  type        = string
}
