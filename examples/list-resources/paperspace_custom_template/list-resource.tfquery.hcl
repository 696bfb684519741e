# The team's templates of one region whose names say that they are for training.
list "paperspace_custom_template" "training" {
  provider = paperspace

  config {
    name_regex = "^training"
    region     = "ny2"
  }
}

# The one of this name.
list "paperspace_custom_template" "base" {
  provider = paperspace

  config {
    name = "web base"
  }
}
