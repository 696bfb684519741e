# The drives of one region whose names begin alike.
list "paperspace_shared_drive" "data" {
  provider = paperspace

  config {
    name_regex = "^data"
    region     = "ny2"
  }
}

# The one of this name, with everything that is known of it but its password.
list "paperspace_shared_drive" "datasets" {
  provider         = paperspace
  include_resource = true

  config {
    name = "datasets"
  }
}
