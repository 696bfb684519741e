# A startup script by its name, to give to a machine.
data "paperspace_startup_script" "setup" {
  name = "setup"
}

# One by what its name begins with.
data "paperspace_startup_script" "by_expression" {
  name_regex = "^set"
}

# One by its id.
data "paperspace_startup_script" "by_id" {
  id = "sc1setup"
}

output "startup_script_id" {
  value = data.paperspace_startup_script.setup.id
}
