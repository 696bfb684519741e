# t1golden stands for the id of your template, which the data source `paperspace_templates` shows.
import {
  to = paperspace_custom_template.golden
  identity = {
    id = "t1golden"
  }
}
