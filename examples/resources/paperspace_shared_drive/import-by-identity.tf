# sd1datasets stands for the id of your drive, which the Paperspace console shows.
import {
  to = paperspace_shared_drive.datasets
  identity = {
    id = "sd1datasets"
  }
}
