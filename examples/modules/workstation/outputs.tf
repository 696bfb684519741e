output "id" {
  description = "The id of the workstation."
  value       = paperspace_machine.this.id
}

output "name" {
  description = "The name of the workstation."
  value       = paperspace_machine.this.name
}

output "os" {
  description = "The operating system."
  value       = paperspace_machine.this.os
}

output "accelerators" {
  description = "The GPUs: for each kind its `name`, the `memory` of one in bytes, and their `count`."
  value       = paperspace_machine.this.accelerators
}

output "public_ip" {
  description = "The public IP address: the workstation's own, or that of its machine as of the last refresh; null while there is none."
  value       = local.has_own_address ? one(paperspace_public_ip.this[*].ip) : paperspace_machine.this.public_ip
}

output "private_ip" {
  description = "The IP address on the private network."
  value       = paperspace_machine.this.private_ip
}

output "usage_rate" {
  description = "What the workstation costs while it is on, in dollars per hour."
  value       = paperspace_machine.this.usage_rate
}

output "storage_rate" {
  description = "What its disk costs as long as it exists, in dollars per hour."
  value       = paperspace_machine.this.storage_rate
}
