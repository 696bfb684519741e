resource "paperspace_private_network" "research" {
  name   = "research-data"
  region = "ny2"
}

# A disk for the data sets that all machines of the network read.
resource "paperspace_shared_drive" "datasets" {
  name                = "datasets"
  size                = 500
  region              = "ny2"
  network_id          = paperspace_private_network.research.id
  deletion_protection = true

  timeouts {
    create = "30m"
    delete = "30m"
  }
}

# What a machine of the network mounts, for example in a startup script. The password is in the console.
output "mount" {
  value = "mount -t cifs -o username=${paperspace_shared_drive.datasets.username} ${paperspace_shared_drive.datasets.mount_point} /mnt/datasets"
}
