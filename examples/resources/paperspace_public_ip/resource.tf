# An address in the provider's region.
resource "paperspace_public_ip" "office" {}

# An address that others rely on. It outlives every machine that it points to.
resource "paperspace_public_ip" "service" {
  region              = "ny2"
  deletion_protection = true
}

output "service_address" {
  value = paperspace_public_ip.service.ip
}
