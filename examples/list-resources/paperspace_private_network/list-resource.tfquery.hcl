# The networks of one region whose names say that they are for research.
list "paperspace_private_network" "research" {
  provider = paperspace

  config {
    name_regex = "^research"
    region     = "ny2"
  }
}

# The one of this name.
list "paperspace_private_network" "shared" {
  provider = paperspace

  config {
    name = "shared"
  }
}
