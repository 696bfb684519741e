# One provider block a team, with the team's own key and region. There is no block without an alias, so that nothing is
# ever made for a team that nobody named.
provider "paperspace" {
  alias   = "research"
  api_key = var.research_api_key
  region  = "ny2"
}

provider "paperspace" {
  alias   = "teaching"
  api_key = var.teaching_api_key
  region  = "ams1"
}
