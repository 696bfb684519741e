output "research" {
  description = "The machines of the research team, and what they cost in dollars per hour."
  value = {
    fleet        = module.research_fleet.machines
    workstation  = module.research_workstation.id
    usage_rate   = module.research_fleet.usage_rate + module.research_workstation.usage_rate
    storage_rate = module.research_fleet.storage_rate + module.research_workstation.storage_rate
  }
}

output "teaching" {
  description = "The machines of the teaching team, and what they cost in dollars per hour."
  value = {
    classroom    = module.teaching_classroom.machines
    workstations = { for name, workstation in module.teaching_workstation : name => workstation.id }
    usage_rate   = sum(concat([module.teaching_classroom.usage_rate], values(module.teaching_workstation)[*].usage_rate))
    storage_rate = sum(concat([module.teaching_classroom.storage_rate], values(module.teaching_workstation)[*].storage_rate))
  }
}
