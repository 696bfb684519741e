# sc1setup stands for the id of your startup script, which the Paperspace console shows.
import {
  to = paperspace_startup_script.keys
  id = "sc1setup"
}
