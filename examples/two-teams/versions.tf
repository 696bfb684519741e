terraform {
  required_version = ">= 1.11"

  required_providers {
    paperspace = {
      source  = "paperspace-rs/paperspace"
      version = ">= 0.1.0"
    }
  }
}
