# n1research stands for the id of your network, which the Paperspace console shows.
import {
  to = paperspace_private_network.research
  id = "n1research"
}
