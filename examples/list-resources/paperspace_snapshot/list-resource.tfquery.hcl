# The snapshots of one machine that somebody took. Those that it took by itself are not found.
list "paperspace_snapshot" "of_workstation" {
  provider = paperspace

  config {
    machine_id = "ps8fe3mg1"
    name_regex = "^before"
  }
}

# The one of this name, whichever machine it is of.
list "paperspace_snapshot" "before" {
  provider = paperspace

  config {
    name = "before"
  }
}
