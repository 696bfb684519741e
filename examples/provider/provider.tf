terraform {
  required_providers {
    paperspace = {
      source = "paperspace-rs/paperspace"
    }
  }
}

# The API key is taken from PAPERSPACE_API_KEY, or from the file that Paperspace's own command line writes at a login.
provider "paperspace" {
  region = "East Coast (NY2)"
}

# Another team with a key of its own, on a slow line. Provider blocks share nothing. Where runs may be killed, unique names keep
# one from being followed by a second machine.
provider "paperspace" {
  alias               = "research"
  api_key             = var.research_api_key
  region              = "Europe (AMS1)"
  request_timeout     = "60s"
  max_retries         = 8
  requests_per_second = 5
  unique_names        = true
}

# A third team, whose key Paperspace's own command line knows. Its plans ask the API no more than they must.
provider "paperspace" {
  alias       = "archive"
  team        = "archive"
  batch_reads = true
  plan_checks = false
}

# The simulator on this computer, which needs no account.
provider "paperspace" {
  alias   = "simulated"
  api_url = "http://127.0.0.1:8484/v1"
  api_key = "sim-key-0000000000000001"
}

variable "research_api_key" {
  description = "The API key of the research team."
  type        = string
  sensitive   = true
}
