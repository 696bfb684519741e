variable "machine_id" {
  type = string
}

ephemeral "paperspace_machine_desktop" "workstation" {
  id = var.machine_id
}

# Writes a password file for a VNC viewer on this computer, each time the machine is another one.
resource "terraform_data" "viewer" {
  triggers_replace = var.machine_id

  provisioner "local-exec" {
    command = "umask 077 && printf '%s' \"$VNC_PASSWORD\" > vnc-password"

    environment = {
      VNC_PASSWORD = try(ephemeral.paperspace_machine_desktop.workstation.vnc.password, "")
    }
  }
}
