terraform {
  # The first version with defaults of optional attributes.
  required_version = ">= 1.3"

  required_providers {
    paperspace = {
      source  = "paperspace-rs/paperspace"
      version = ">= 0.1.0"
    }
  }
}
