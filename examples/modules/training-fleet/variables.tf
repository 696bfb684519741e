variable "name" {
  description = "The name of the fleet. Each machine is called after it and after its own key in `machines`."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]+(-[a-z0-9]+)*$", var.name))
    error_message = "The name of a fleet consists of small letters and digits, in words that are joined by single hyphens."
  }
}

variable "machines" {
  description = <<-EOT
    The machines by key. To add a machine, add a key; to give one up, remove its key. Under
    another key a machine is another machine. Of each machine:
    - `machine_type` says what GPUs there are, such as `A100-80Gx8`.
    - `disk_size` is in GB, 250 by default. It can grow later, and never shrinks.
    - `enable_nvlink` links the GPUs of a machine that has several.
    - `user_id` is the id of the member of the team who gets it, needed if the API key is an administrator's. For another
      one the machine is made anew.
    - `accessor_ids` are the ids of further members of the team who may use it, in the place of the fleet's.
  EOT
  type = map(object({
    machine_type  = string
    disk_size     = optional(number, 250)
    enable_nvlink = optional(bool)
    user_id       = optional(string)
    accessor_ids  = optional(set(string))
  }))
  nullable = false

  validation {
    condition     = alltrue([for key in keys(var.machines) : can(regex("^[a-z0-9]+(-[a-z0-9]+)*$", key))])
    error_message = "The key of a machine consists of small letters and digits, in words that are joined by single hyphens."
  }

  validation {
    condition     = alltrue([for machine in values(var.machines) : machine.disk_size >= 50 && floor(machine.disk_size) == machine.disk_size])
    error_message = "Each disk size must be a whole number of GB, at least 50. Paperspace offers 50, 100, 250, 500, 1000 and 2000."
  }
}

variable "template_name" {
  description = "The exact name of the template that machines are made from; `null` for that of `template_id`. It counts only when a machine is made."
  type        = string
  default     = "Ubuntu 22.04"
}

variable "template_id" {
  description = "The id of the template that machines are made from, such as a golden image of the same configuration, where `template_name` is `null`."
  type        = string
  default     = null
}

variable "template_is_public" {
  description = "Whether the template is one that Paperspace offers to everybody. Set it to `false` for a template of your team's own."
  type        = bool
  default     = true
  nullable    = false
}

variable "region" {
  description = "The region of all machines, such as `ny2`, `ca1` or `ams1`; by default the provider's own. In another region all machines are made anew."
  type        = string
  default     = null
}

variable "own_network" {
  description = "Whether the fleet has a private network of its own. If not, it is on that of `network_id`."
  type        = bool
  default     = true
  nullable    = false
}

variable "drive_size" {
  description = "The size in GB of a shared drive for the data sets of the fleet; by default there is none. Another size makes another drive, which is empty."
  type        = number
  default     = null

  validation {
    condition     = try(var.drive_size >= 50 && floor(var.drive_size) == var.drive_size, var.drive_size == null)
    error_message = "The size of the drive must be a whole number of GB, at least 50, or null for no drive."
  }
}

variable "network_id" {
  description = "The id of the private network that the machines share if the fleet has none of its own; by default the team's default network of the region, which has no drives."
  type        = string
  default     = null
}

variable "public_ip_type" {
  description = "How each machine gets a public IP address: `static` keeps one, `dynamic` has one while it is on, `none` has none."
  type        = string
  default     = "dynamic"
  nullable    = false

  validation {
    condition     = contains(["static", "dynamic", "none"], var.public_ip_type)
    error_message = "The type of the public IP addresses must be static, dynamic or none."
  }
}

variable "accessor_ids" {
  description = "The ids of members of the team who may use every machine of the fleet; `[]` for nobody. By default Terraform leaves that as it is."
  type        = set(string)
  default     = null
}

variable "startup_script_id" {
  description = "The id of a startup script that runs whenever a machine starts."
  type        = string
  default     = null
}

variable "power_state" {
  description = "Whether each apply turns the whole fleet `on` or `off`. By default its users do that, and Terraform leaves the machines as they are."
  type        = string
  default     = null

  validation {
    condition     = var.power_state == null ? true : contains(["on", "off"], var.power_state)
    error_message = "The power state must be on or off, or null to leave it to the users."
  }
}

variable "auto_shutdown_timeout" {
  description = "After how many idle hours a machine turns itself off; `null` lets all machines run until somebody turns them off."
  type        = number
  default     = 8

  validation {
    condition     = try(var.auto_shutdown_timeout >= 1 && floor(var.auto_shutdown_timeout) == var.auto_shutdown_timeout, var.auto_shutdown_timeout == null)
    error_message = "The timeout of the auto-shutdown must be a whole number of hours, at least 1, or null for none."
  }
}

variable "auto_shutdown_force" {
  description = "Whether a machine turns itself off even while it is in use."
  type        = bool
  default     = false
  nullable    = false
}

variable "deletion_protection" {
  description = "Whether Terraform refuses to destroy or replace any machine of the fleet."
  type        = bool
  default     = false
  nullable    = false
}
