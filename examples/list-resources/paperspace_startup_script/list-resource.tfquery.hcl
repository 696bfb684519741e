# The scripts whose names end alike.
list "paperspace_startup_script" "setup" {
  provider = paperspace

  config {
    name_regex = "setup$"
  }
}

# The one of this name.
list "paperspace_startup_script" "drivers" {
  provider = paperspace

  config {
    name = "drivers"
  }
}
