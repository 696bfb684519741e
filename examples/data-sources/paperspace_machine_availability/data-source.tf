# Whether an H100 can be had in one region.
data "paperspace_machine_availability" "h100" {
  machine_type = "H100"
  region       = "East Coast (NY2)"
}

# Where an A4000 can be had, the most wanted region first.
data "paperspace_machine_availability" "a4000" {
  machine_type = "A4000"
  regions      = ["ams1", "ny2", "ca1"]
}

output "h100_available" {
  value = data.paperspace_machine_availability.h100.available
}

output "region_for_an_a4000" {
  value = try(data.paperspace_machine_availability.a4000.available_regions[0], null)
}
