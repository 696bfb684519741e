# All machines of your team.
data "paperspace_machines" "all" {}

# The GPU machines of a kind that are on, the oldest first.
data "paperspace_machines" "running" {
  region       = "East Coast (NY2)"
  machine_type = "P4000"
  state        = "ready"
  agent_type   = "LinuxHeadless"
  name_regex   = "^work"
  sort_by      = "created_at"
  order        = "asc"
}

# Every machine of one name.
data "paperspace_machines" "workstations" {
  name = "workstation"
}

output "dollars_an_hour" {
  value = sum(concat([0], [for machine in data.paperspace_machines.all.machines : machine.usage_rate if machine.state == "ready"]))
}

output "running" {
  value = data.paperspace_machines.running.ids
}
