# sd1datasets stands for the id of your drive, which the Paperspace console shows.
terraform import paperspace_shared_drive.datasets sd1datasets
