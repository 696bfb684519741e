# What was done to a machine, newest first.
data "paperspace_machine_events" "workstation" {
  machine_id = "ps8fe3mg1"
}

output "failures" {
  value = [for event in data.paperspace_machine_events.workstation.events : event.error if event.state == "error"]
}
