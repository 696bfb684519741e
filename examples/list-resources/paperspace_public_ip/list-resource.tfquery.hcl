# Every address that the team pays for in one region.
list "paperspace_public_ip" "of_new_york" {
  provider = paperspace

  config {
    region = "ny2"
  }
}

# The address that points to a machine, if one does.
list "paperspace_public_ip" "of_workstation" {
  provider = paperspace

  config {
    machine_id = "ps8fe3mg1"
  }
}
