# sc1setup stands for the id of your startup script, which the Paperspace console shows.
terraform import paperspace_startup_script.keys sc1setup
