# An operating system that Paperspace offers, by its name.
data "paperspace_template" "ubuntu" {
  is_public = true
  name      = "Ubuntu 22.04"
}

# The newest of your team's own templates whose name begins with "web" and that fits a P4000 in the region.
data "paperspace_template" "web" {
  is_public        = false
  name_regex       = "^web"
  agent_type       = "LinuxHeadless"
  operating_system = "Ubuntu 22.04 Server"
  region           = "East Coast (NY2)"
  machine_type     = "P4000"
  most_recent      = true
}

# A template whose id is known.
data "paperspace_template" "chosen" {
  id = var.template_id
}

variable "template_id" {
  description = "The id of a template that your team can see."
  type        = string
}

output "web_template" {
  value = data.paperspace_template.web.id
}
