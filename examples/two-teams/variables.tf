variable "research_api_key" {
  description = "The API key of the research team."
  type        = string
  sensitive   = true
  nullable    = false
}

variable "teaching_api_key" {
  description = "The API key of the teaching team."
  type        = string
  sensitive   = true
  nullable    = false
}

variable "research_network_id" {
  description = "The id of a private network of the research team, for its fleet; by default the fleet has one of its own."
  type        = string
  default     = null
}

variable "lecturers" {
  description = "The lecturers who have a workstation of the teaching team, by name."
  type        = set(string)
  default     = ["ben", "grace"]
}

variable "term" {
  description = "Whether it is term time. Between terms the classroom has no machines."
  type        = bool
  default     = true
}
