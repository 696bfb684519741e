# An address for a machine in Europe.
resource "paperspace_public_ip" "office" {
  region = "Europe (AMS1)"
}

# An address that others rely on. It outlives every machine that it points to.
resource "paperspace_public_ip" "service" {
  region              = "ny2"
  deletion_protection = true
}

output "service_address" {
  value = paperspace_public_ip.service.ip
}
