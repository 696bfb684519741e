# ps8fe3mg1 stands for the id of your machine, which the Paperspace console shows on the machine's page.
terraform import paperspace_machine.workstation ps8fe3mg1
