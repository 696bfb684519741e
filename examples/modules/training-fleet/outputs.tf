output "ids" {
  description = "The ids of the machines, by key."
  value       = { for key, machine in paperspace_machine.this : key => machine.id }
}

output "machines" {
  description = "Of each machine, by key: `id`, `name`, `machine_type`, `accelerators`, `private_ip`, and `public_ip` as of the last refresh."
  value = {
    for key, machine in paperspace_machine.this : key => {
      id           = machine.id
      name         = machine.name
      machine_type = machine.machine_type
      accelerators = machine.accelerators
      private_ip   = machine.private_ip
      public_ip    = machine.public_ip
    }
  }
}

output "network_id" {
  description = "The id of the fleet's network; null for the team's default network."
  value       = local.network_id
}

output "drive" {
  description = "What a machine mounts: the `id`, `mount_point` and `username` of the shared drive; null without one."
  value       = one([for drive in paperspace_shared_drive.this : { id = drive.id, mount_point = drive.mount_point, username = drive.username }])
}

output "gpus" {
  description = "How many GPUs the fleet has."
  value       = sum(concat([0], flatten([for machine in paperspace_machine.this : machine.accelerators[*].count])))
}

# Decimal fractions do not add up exactly, so the sums are rounded.
output "usage_rate" {
  description = "What the fleet costs while all of its machines are on, in dollars per hour."
  value       = tonumber(format("%.4f", sum(concat([0], [for machine in paperspace_machine.this : machine.usage_rate]))))
}

output "storage_rate" {
  description = "What the disks cost as long as they exist, in dollars per hour."
  value       = tonumber(format("%.4f", sum(concat([0], [for machine in paperspace_machine.this : machine.storage_rate]))))
}
