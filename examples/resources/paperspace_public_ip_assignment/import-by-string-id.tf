# 203.0.113.7 stands for your address.
import {
  to = paperspace_public_ip_assignment.service
  id = "203.0.113.7"
}
