output "template_id" {
  description = "The id of the image, for machines of other modules too."
  value       = paperspace_custom_template.this.id
}

output "builder_id" {
  description = "The id of the builder; null when it is gone."
  value       = one(paperspace_machine.builder[*].id)
}

output "machine_types" {
  description = "The labels of the machine types that the image is for."
  value       = paperspace_custom_template.this.available_machine_types[*].machine_type_label
}

output "ids" {
  description = "The ids of the machines made from the image, by key."
  value       = { for key, machine in paperspace_machine.this : key => machine.id }
}
