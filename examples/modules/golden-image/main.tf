data "paperspace_template" "base" {
  name      = var.base_template_name
  is_public = var.base_template_is_public
}

# The image is taken of a machine that is off. A script that fails before its end leaves the builder on, and there is no image.
resource "paperspace_startup_script" "build" {
  name        = "${var.name} build"
  script      = "${trimspace(var.script)}\nshutdown -h now\n"
  is_run_once = true
}

resource "paperspace_machine" "builder" {
  count = var.keep_builder ? 1 : 0

  name              = "${var.name}-builder"
  machine_type      = var.builder_machine_type
  template_id       = data.paperspace_template.base.id
  disk_size         = var.disk_size
  region            = var.region
  startup_script_id = paperspace_startup_script.build.id

  lifecycle {
    ignore_changes = [template_id]

    # A script runs when its machine starts: another script needs another machine.
    replace_triggered_by = [paperspace_startup_script.build.script]
  }
}

resource "paperspace_custom_template" "this" {
  name       = var.name
  machine_id = one(paperspace_machine.builder[*].id)

  timeouts {
    create = var.build_timeout
  }

  lifecycle {
    # An image outlives its builder, and the old one stays until there is a new one.
    ignore_changes        = [machine_id]
    create_before_destroy = true
    replace_triggered_by  = [paperspace_startup_script.build.script]
  }
}

resource "paperspace_machine" "this" {
  for_each = var.machines

  name              = "${var.name}-${each.key}"
  machine_type      = each.value.machine_type
  template_id       = paperspace_custom_template.this.id
  disk_size         = coalesce(each.value.disk_size, var.disk_size)
  region            = var.region
  startup_script_id = var.startup_script_id

  lifecycle {
    # A new image is no reason to make machines again, and to lose what is on them: they are renewed one by one, by
    # `terraform apply -replace`.
    ignore_changes = [template_id]
  }
}
