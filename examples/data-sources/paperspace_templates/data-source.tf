# The operating systems that Paperspace offers.
data "paperspace_templates" "offered" {
  is_public = true
}

# Those of one name.
data "paperspace_templates" "ubuntu" {
  is_public = true
  name      = "Ubuntu 22.04"
}

# Your team's own templates for headless machines of a type in a region, the newest first.
data "paperspace_templates" "own" {
  is_public        = false
  name_regex       = "(?i)base$"
  agent_type       = "LinuxHeadless"
  operating_system = "Ubuntu 22.04 Server"
  region           = "ny2"
  machine_type     = "P4000"
  sort_by          = "created_at"
  order            = "desc"
}

output "offered" {
  value = data.paperspace_templates.offered.templates[*].name
}

output "newest_own_template" {
  value = try(data.paperspace_templates.own.ids[0], null)
}
