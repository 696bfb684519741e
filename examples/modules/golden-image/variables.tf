variable "name" {
  description = "The name of the image. The builder and the machines are called after it."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]+(-[a-z0-9]+)*$", var.name))
    error_message = "The name of an image consists of small letters and digits, in words that are joined by single hyphens."
  }
}

variable "script" {
  description = "What makes the image: a script that the builder runs as root when it first starts. A line that turns the builder off is added at its end. Another script makes another image."
  type        = string
  nullable    = false

  validation {
    condition     = startswith(var.script, "#!")
    error_message = "The script must begin with the line that names its shell, such as #!/bin/bash."
  }
}

variable "build_timeout" {
  description = "How long the script and the taking of the image may last together, such as `2h`."
  type        = string
  default     = "2h"
  nullable    = false
}

variable "base_template_name" {
  description = "The exact name of the template that the builder is made from."
  type        = string
  default     = "Ubuntu 22.04"
  nullable    = false
}

variable "base_template_is_public" {
  description = "Whether that template is one that Paperspace offers to everybody. Set it to `false` for a template of your team's own."
  type        = bool
  default     = true
  nullable    = false
}

variable "builder_machine_type" {
  description = "The machine type of the builder. For drivers of a GPU it is one with that GPU."
  type        = string
  default     = "C5"
  nullable    = false
}

variable "keep_builder" {
  description = "Whether there is a builder. Once there is an image it may go, and its disk with it; for another image it has to be there again."
  type        = bool
  default     = true
  nullable    = false
}

variable "disk_size" {
  description = "The size of the builder's disk in GB, and of that of each machine which says nothing else. No machine's disk is smaller than the image."
  type        = number
  default     = 100
  nullable    = false

  validation {
    condition     = var.disk_size >= 50 && floor(var.disk_size) == var.disk_size
    error_message = "The disk size must be a whole number of GB, at least 50. Paperspace offers 50, 100, 250, 500, 1000 and 2000."
  }
}

variable "region" {
  description = "The region of the image and of all machines, such as `ny2`, `ca1` or `ams1`; by default the provider's own."
  type        = string
  default     = null
}

variable "machines" {
  description = "The machines made from the image, by key: each with a `machine_type` and, if it is not the builder's, a `disk_size` in GB."
  type = map(object({
    machine_type = string
    disk_size    = optional(number)
  }))
  default  = {}
  nullable = false
}

variable "startup_script_id" {
  description = "The id of a startup script that runs whenever a machine made from the image starts."
  type        = string
  default     = null
}
