# A member of the team by email address, to give a machine to.
data "paperspace_user" "ben" {
  email = "ben@example.com"
}

# The one owner of the team.
data "paperspace_user" "owner" {
  role = "owner"
}

# One by id.
data "paperspace_user" "by_id" {
  id = "u2member"
}

output "user_id" {
  value = data.paperspace_user.ben.id
}
