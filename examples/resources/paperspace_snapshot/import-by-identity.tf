# sl1before stands for the id of your snapshot, which the Paperspace console shows.
import {
  to = paperspace_snapshot.baseline
  identity = {
    id = "sl1before"
  }
}
