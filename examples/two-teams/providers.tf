# One provider block a team, with the team's own key and region. There is none without an alias: each module is told its
# team.
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
