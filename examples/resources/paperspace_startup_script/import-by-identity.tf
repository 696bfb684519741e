# sc1setup stands for the id of your startup script, which the Paperspace console shows.
import {
  to = paperspace_startup_script.keys
  identity = {
    id = "sc1setup"
  }
}
