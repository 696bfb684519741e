# The team that the API key is of.
data "paperspace_team" "current" {}

# Stops a plan that would reach another team than the one it is for.
output "machines" {
  value = data.paperspace_team.current.max_machines

  precondition {
    condition     = data.paperspace_team.current.namespace != "production"
    error_message = "This configuration is not for the production team."
  }
}
