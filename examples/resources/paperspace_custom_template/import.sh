# t1golden stands for the id of your template, which the data source `paperspace_templates` shows.
terraform import paperspace_custom_template.golden t1golden
