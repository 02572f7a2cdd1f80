// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* For guests without an ultravisor: only the marks of common.h. */
#include "common.h"

static void on_translate(struct qemu_plugin_tb *tb, void *userdata)
{
	(void)userdata;
	lab_count(tb);
	for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++)
		lab_watch_mark(qemu_plugin_tb_get_insn(tb, i));
}

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info,
					   int argc, char **argv)
{
	if (lab_start(id, info, argc, argv, NULL, 0))
		return -1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate, NULL);
	return 0;
}
