# n1research stands for the id of your network, which the Paperspace console shows.
terraform import paperspace_private_network.research n1research
