# Puts keys for SSH on each machine that runs it: Paperspace has no keys of its own to choose from.
resource "paperspace_startup_script" "keys" {
  name   = "keys"
  script = <<-EOT
    #!/bin/bash
    install -d -m 700 -o paperspace -g paperspace /home/paperspace/.ssh
    echo "${var.ssh_public_key}" >> /home/paperspace/.ssh/authorized_keys
  EOT
}

# Runs once on each machine, and holds a secret: its text is stored in neither plan nor state, and is sent again when the
# version changes.
resource "paperspace_startup_script" "join" {
  name              = "join"
  script_wo         = "curl -fsS -H 'Authorization: Bearer ${var.join_token}' https://vpn.example.com/join | sh"
  script_wo_version = 1
  is_run_once       = true
}

# Kept for later, and run by no machine meanwhile.
resource "paperspace_startup_script" "drivers" {
  name       = "drivers"
  script     = "apt-get update && apt-get install --yes nvidia-driver-550-server"
  is_enabled = false
}

variable "ssh_public_key" {
  description = "A public key for SSH, as `~/.ssh/id_ed25519.pub` holds it."
  type        = string
  default     = "ssh-ed25519 AAAA grace@example.com"
}

variable "join_token" {
  description = "What lets a machine join the private network of your own."
  type        = string
  sensitive   = true
  default     = "only-an-example"
}
