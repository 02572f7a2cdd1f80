// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The result of doctor as one JSON object; doc/doctor.md describes its fields.
 */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "guest/tested.h"
#include "report/doctor.h"
#include "trace/json.h"
#include "util/names.h"

static void put_candidates(struct json *j, const struct diagnosis *d,
			   const struct finding_hook *h)
{
	json__begin_array(j, "candidates");
	for (unsigned int i = 0; i < h->found.count; i++) {
		const struct survey_cand *c = &h->found.cand[i];

		json__begin_object(j, NULL);
		json__str(j, "by", dms_attach_name(c->cand->attach));
		json__str(j, "symbol", c->symbol[0] ? c->symbol : c->cand->symbol);
		json__str(j, "fate", doctor_fate(d, h, (int)i));
		json__str(j, "why", c->why[0] ? c->why : NULL);
		json__str(j, "params", c->exists ? c->params : NULL);
		json__str(j, "params_from",
			  !c->exists ? NULL : c->params_btf ? "btf" : "catalogue");
		json__str(j, "kernels", c->cand->note);
		json__end_object(j);
	}
	json__end_array(j);
}

static void put_hook(struct json *j, const struct diagnosis *d, const struct finding_hook *h)
{
	json__begin_object(j, NULL);
	json__str(j, "name", dms_hook_name(h->found.row->id));
	json__str(j, "class", doctor_class(h));
	json__bool(j, "needed", h->needed);
	json__str(j, "by", h->by ? dms_attach_name(h->by) : NULL);
	json__str(j, "symbol", h->by ? h->symbol : NULL);
	json__str(j, "reason", h->by && !h->untold[0] ? NULL : h->reason);
	json__str(j, "lost_without", h->found.row->lost);
	json__str(j, "untold", h->untold[0] ? h->untold : NULL);
	json__str(j, "unseen", h->unseen[0] ? h->unseen : NULL);
	put_candidates(j, d, h);
	json__end_object(j);
}

static void put_machine(struct json *j, const struct diagnosis *d)
{
	const struct rec_session *s = &d->session;
	uint64_t bit;

	json__str(j, "kernel", s->kernel);
	json__str(j, "tested_kernels", tested_kernels());
	json__bool(j, "newer_than_tested", tested_newer(s->kernel));
	json__str(j, "arch", s->arch);
	json__int(j, "page_size", s->page_size);
	json__str(j, "guest", dms_guest_name(s->guest));
	json__str(j, "guest_how", s->guest_how);
	json__str(j, "lockdown", d->lockdown.name[0] ? d->lockdown.name : NULL);
	json__str(j, "lockdown_how", d->lockdown.how);
	json__begin_array(j, "capabilities");
	for (bit = 1; bit; bit <<= 1)
		if (d->caps.effective & bit & (GUEST_CAP_BPF | GUEST_CAP_PERFMON |
					       GUEST_CAP_SYS_ADMIN | GUEST_CAP_SYSLOG |
					       GUEST_CAP_DAC_READ_SEARCH))
			json__str(j, NULL, guest_cap_name(bit));
	json__end_array(j);
	json__str(j, "pool_unknown", d->pool_unknown[0] ? d->pool_unknown : NULL);
	json__str(j, "capabilities_missing", d->missing_caps[0] ? d->missing_caps : NULL);
	json__str(j, "btf", d->btf_path ? d->btf_path :
		  d->own_btf ? "/sys/kernel/btf/vmlinux" : NULL);
	json__bool(j, "http", d->http);
}

static void put_verdict(struct json *j, const struct diagnosis *d)
{
	static const char *const verdicts[] = {
		[0] = "full", [3] = "impossible", [4] = "degraded",
	};

	if (d->fault.fault) {
		json__null(j, "map_bytes");
		json__null(j, "map_bytes_kernel");
	} else {
		json__u64(j, "map_bytes", d->map_bytes);
		json__u64(j, "map_bytes_kernel", d->map_bytes_reported);
	}
	json__int(j, "core_missing", d->core_missing);
	json__str(j, "verdict", verdicts[d->verdict]);
	json__int(j, "exit_status", d->verdict);
	json__str(j, "fault", d->fault.fault ? d->fault.text : NULL);
	json__begin_array(j, "remedies");
	for (unsigned int i = 0; i < d->nremedies; i++)
		json__str(j, NULL, d->remedies[i]);
	json__end_array(j);
}

int doctor_json(const struct diagnosis *d)
{
	struct json j;
	struct out o;
	int err = out__init_fd(&o, STDOUT_FILENO, false, false);

	if (err) {
		out__free(&o);
		return err;
	}
	json__init(&j, &o);
	json__begin_object(&j, NULL);
	json__str(&j, "format", "dmascope-doctor");
	json__int(&j, "version", 1);
	json__str(&j, "tool_version", DMASCOPE_VERSION);
	put_machine(&j, d);
	json__begin_array(&j, "hooks");
	for (unsigned int i = 0; i < d->nhooks; i++)
		if (d->hooks[i].shown)
			put_hook(&j, d, &d->hooks[i]);
	json__end_array(&j);
	put_verdict(&j, d);
	json__end_object(&j);
	err = json__end_line(&j);
	if (!err)
		err = out__finish(&o);
	out__free(&o);
	return err;
}
