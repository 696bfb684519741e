variable "name" {
  description = "The name of the workstation, such as its user's."
  type        = string
  nullable    = false

  validation {
    condition     = var.name != "" && trimspace(var.name) == var.name
    error_message = "The name must not be empty, nor begin or end with a space."
  }
}

variable "machine_type" {
  description = "The machine type, which says what GPUs there are, such as `P4000`, `A4000` or `A6000x2`."
  type        = string
  default     = "P4000"
  nullable    = false

  validation {
    condition     = var.machine_type != "" && !can(regex("^[Cc][0-9]+$", var.machine_type))
    error_message = "A workstation has a GPU, and the machine types C1 to C10 have none. Choose one such as P4000 or A4000."
  }
}

variable "template_name" {
  description = "The exact name of the template that the workstation is made from. It counts only when the workstation is made."
  type        = string
  default     = "Ubuntu 22.04"
  nullable    = false
}

variable "template_is_public" {
  description = "Whether the template is one that Paperspace offers to everybody. Set it to `false` for a template of your team's own."
  type        = bool
  default     = true
  nullable    = false
}

variable "disk_size" {
  description = "The size of the disk in GB. It can grow later, and never shrinks."
  type        = number
  default     = 100
  nullable    = false

  validation {
    condition     = var.disk_size >= 50 && floor(var.disk_size) == var.disk_size
    error_message = "The disk size must be a whole number of GB, at least 50. Paperspace offers 50, 100, 250, 500, 1000 and 2000."
  }
}

variable "region" {
  description = "The region, such as `ny2`, `ca1` or `ams1`; by default the provider's own. In another region the workstation is made anew."
  type        = string
  default     = null
}

variable "network_id" {
  description = "The id of the private network to be on; by default the team's default network of the region."
  type        = string
  default     = null
}

variable "public_ip_type" {
  description = "By default the workstation has an address of its own, which stays the same when it is made anew. `static` keeps one for its machine instead, `dynamic` has one while it is on, `none` has none."
  type        = string
  default     = null

  validation {
    condition     = var.public_ip_type == null ? true : contains(["static", "dynamic", "none"], var.public_ip_type)
    error_message = "The type of the public IP address must be static, dynamic or none, or null for an address of its own."
  }
}

variable "user_id" {
  description = "The id of the member of the team who gets the workstation, needed if the API key is an administrator's. For another one the workstation is made anew."
  type        = string
  default     = null
}

variable "accessor_ids" {
  description = "The ids of further members of the team who may use the workstation; `[]` for nobody. By default Terraform leaves that as it is."
  type        = set(string)
  default     = null
}

variable "ssh_public_keys" {
  description = "Public keys for SSH, as `~/.ssh/id_ed25519.pub` holds one: their owners can log in as `paperspace`. A startup script adds them at each start; a key that is removed here stays where it is."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for key in var.ssh_public_keys : can(regex("^(ssh|ecdsa|sk)-[a-z0-9@.-]+ [A-Za-z0-9+/=]+( [^'\n]*)?\n?$", key))])
    error_message = "Each key is one line, such as \"ssh-ed25519 AAAA... ada@example.com\", without quotes."
  }
}

variable "shared_drive" {
  description = "A shared drive on the network of the workstation, mounted at each start: its `id`, the `path` where it is mounted, and a `version`, of which another one sends the drive's password again."
  type = object({
    id      = string
    path    = optional(string, "/mnt/shared")
    version = optional(number, 1)
  })
  default = null

  validation {
    condition     = can(regex("^(/[A-Za-z0-9._-]+)+$", var.shared_drive.path)) || var.shared_drive == null
    error_message = "The path must begin with a slash, and hold no other characters than letters, digits, dots, dashes and underscores."
  }
}

variable "startup_script_id" {
  description = "The id of a startup script that runs whenever the workstation starts, if there are no `ssh_public_keys` and no `shared_drive`: a machine has one script."
  type        = string
  default     = null
}

variable "power_state" {
  description = "Whether each apply turns the workstation `on` or `off`. By default its user does that, and Terraform leaves it as it is."
  type        = string
  default     = null

  validation {
    condition     = var.power_state == null ? true : contains(["on", "off"], var.power_state)
    error_message = "The power state must be on or off, or null to leave it to the user."
  }
}

variable "auto_shutdown_timeout" {
  description = "After how many idle hours the workstation turns itself off; `null` lets it run until somebody turns it off."
  type        = number
  default     = 4

  validation {
    condition     = try(var.auto_shutdown_timeout >= 1 && floor(var.auto_shutdown_timeout) == var.auto_shutdown_timeout, var.auto_shutdown_timeout == null)
    error_message = "The timeout of the auto-shutdown must be a whole number of hours, at least 1, or null for none."
  }
}

variable "snapshots" {
  description = "How often a snapshot of the disk is taken (`hourly`, `daily`, `weekly` or `monthly`), and how many are kept (1 to 9); `null` takes none."
  type = object({
    frequency  = optional(string, "daily")
    save_count = optional(number, 7)
  })
  default = {}

  validation {
    condition     = contains(["hourly", "daily", "weekly", "monthly"], try(var.snapshots.frequency, "daily"))
    error_message = "The frequency of snapshots must be hourly, daily, weekly or monthly."
  }

  validation {
    condition     = contains(range(1, 10), try(var.snapshots.save_count, 7))
    error_message = "The number of snapshots kept must be from 1 to 9."
  }
}

variable "deletion_protection" {
  description = "Whether Terraform refuses to destroy or replace the workstation, and with it what its user has on the disk."
  type        = bool
  default     = true
  nullable    = false
}
