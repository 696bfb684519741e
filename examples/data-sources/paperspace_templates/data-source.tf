# The operating systems of that name which Paperspace offers.
data "paperspace_templates" "ubuntu" {
  is_public = true
  name      = "Ubuntu 22.04"
}

# The team's own templates.
data "paperspace_templates" "own" {
  is_public = false
}

output "ubuntu" {
  value = data.paperspace_templates.ubuntu.ids
}

output "own_templates_by_name" {
  value = { for template in data.paperspace_templates.own.templates : template.name => template.id... }
}
