# ps8fe3mg1 stands for the id of your machine, which the Paperspace console shows on the machine's page.
import {
  to = paperspace_machine.workstation
  identity = {
    id = "ps8fe3mg1"
  }
}
