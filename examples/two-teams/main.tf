# The research team trains on large machines, and has a workstation to prepare the runs.
module "research_fleet" {
  source = "../modules/training-fleet"
  providers = {
    paperspace = paperspace.research
  }

  name = "research"
  machines = {
    large   = { machine_type = "A100-80Gx8", disk_size = 1000, enable_nvlink = true }
    small-1 = { machine_type = "A4000" }
    small-2 = { machine_type = "A4000" }
  }
  own_network           = var.research_network_id == null
  network_id            = var.research_network_id
  auto_shutdown_timeout = 12
}

module "research_workstation" {
  source = "../modules/workstation"
  providers = {
    paperspace = paperspace.research
  }

  name         = "ada"
  machine_type = "A6000"
  disk_size    = 500
}

# The teaching team has a classroom of equal machines, and a workstation for each lecturer.
module "teaching_classroom" {
  source = "../modules/training-fleet"
  providers = {
    paperspace = paperspace.teaching
  }

  name = "classroom"
  machines = {
    for seat in range(var.term ? 4 : 0) : format("seat-%02d", seat + 1) => {
      machine_type = "P4000"
      disk_size    = 50
    }
  }
  auto_shutdown_timeout = 2
  auto_shutdown_force   = true
}

module "teaching_workstation" {
  source   = "../modules/workstation"
  for_each = var.lecturers
  providers = {
    paperspace = paperspace.teaching
  }

  name                = each.key
  deletion_protection = false
}
