# All startup scripts of your team.
data "paperspace_startup_scripts" "all" {}

# Those of a kind of name, the newest first.
data "paperspace_startup_scripts" "setups" {
  name_regex = "^setup"
  sort_by    = "created_at"
  order      = "desc"
}

# Every script of one name.
data "paperspace_startup_scripts" "named" {
  name = "setup"
}

output "machines_that_run_a_setup" {
  value = distinct(flatten(data.paperspace_startup_scripts.setups.startup_scripts[*].assigned_machine_ids))
}
