# Every address that the team pays for in one region.
list "paperspace_public_ip" "of_new_york" {
  provider = paperspace

  config {
    region = "ny2"
  }
}
