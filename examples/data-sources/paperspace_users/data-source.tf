# Everybody in the team.
data "paperspace_users" "all" {}

# Who is no more than a member, by email address.
data "paperspace_users" "members" {
  role    = "member"
  sort_by = "name"
  order   = "desc"
}

# Whether somebody is there, without an error if not.
data "paperspace_users" "ben" {
  email = "ben@example.com"
}

output "accessor_ids" {
  value = data.paperspace_users.members.ids
}
