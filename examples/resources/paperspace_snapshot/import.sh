# sl1before stands for the id of your snapshot, which the Paperspace console shows.
terraform import paperspace_snapshot.baseline sl1before
