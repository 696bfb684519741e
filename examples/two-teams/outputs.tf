locals {
  # What each team pays for, by modules.
  research = [module.research_fleet, module.research_workstation]
  teaching = concat([module.teaching_classroom], values(module.teaching_workstation))
}

output "research" {
  description = "The machines of the research team, and what they cost in dollars per hour while all are on."
  value = {
    fleet         = module.research_fleet.ids
    workstation   = module.research_workstation.id
    cost_per_hour = format("%.2f", sum(concat(local.research[*].usage_rate, local.research[*].storage_rate)))
  }
}

output "teaching" {
  description = "The machines of the teaching team, and what they cost in dollars per hour while all are on."
  value = {
    classroom     = module.teaching_classroom.ids
    workstations  = { for name, workstation in module.teaching_workstation : name => workstation.id }
    cost_per_hour = format("%.2f", sum(concat(local.teaching[*].usage_rate, local.teaching[*].storage_rate)))
  }
}
