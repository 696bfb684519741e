# 203.0.113.7 stands for your address.
terraform import paperspace_public_ip_assignment.service 203.0.113.7
