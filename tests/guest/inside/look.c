// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Prints what the kernel's index of live mappings holds, through the tool's own source and model,
 * for the tests that run in guests:
 *
 *   look		waits for a line of stdin, prints one JSON object, and so on to its end
 *
 * {"missing": N, "found": N, "live": {"dev path": [mappings, bytes by the counts]},
 *  "devices": {"dev": {"older": N, "slots": N}},
 *  "mappings": [[dev, path, dma, phys or -1, size, dir, age in ms]...]}
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "source/live.h"
#include "state/state.h"
#include "util/clock.h"
#include "util/names.h"

struct print {
	const struct state *m;
	unsigned int n;
};

static int print_range(void *ctx, const struct state_range *r)
{
	struct print *p = ctx;

	if (!r->count)
		return 0;
	printf("%s[\"%s\", \"%s\", %llu, %lld, %llu, %d, %llu]", p->n++ ? ",\n " : "",
	       state__dev_name(p->m, r->dev), dms_path_name(r->path), (unsigned long long)r->dma,
	       r->phys_known ? (long long)r->phys : -1, (unsigned long long)r->bytes, r->dir,
	       (unsigned long long)((clock_now() - r->oldest) / 1000000));
	return 0;
}

static void print_devices(const struct state *m)
{
	const struct state_dev *d;
	const char *comma = "";

	printf("\"live\": {");
	for (size_t i = 0; (d = state__dev(m, i)); i++)
		for (int p = 0; p < DMS_PATH_MAX; p++) {
			if (!d->live[p])
				continue;
			printf("%s\"%s %s\": [%llu, %llu]", comma, d->name, dms_path_name(p),
			       (unsigned long long)d->live[p],
			       (unsigned long long)d->live_bytes[p]);
			comma = ", ";
		}
	comma = "";
	printf("}, \"devices\": {");
	for (size_t i = 0; (d = state__dev(m, i)); i++) {
		printf("%s\"%s\": {\"older\": %llu, \"slots\": %llu}", comma, d->name,
		       (unsigned long long)d->preexisting, (unsigned long long)d->slots);
		comma = ", ";
	}
	printf("}");
}

static int print_look(struct live *l, struct state *m)
{
	const struct state_range_filter each = { .each = true };
	struct print p = { .m = m };
	struct state_run run;
	int err = live__poll(l, 0);

	if (!err)
		err = live__look(l);
	state__run(m, &run);
	printf("{\"missing\": %llu, \"found\": %llu, ", (unsigned long long)run.look_missing,
	       (unsigned long long)run.look_live);
	print_devices(m);
	printf(", \"mappings\": [");
	if (!err)
		err = state__ranges(m, &each, print_range, &p, NULL);
	printf("]}\n");
	fflush(stdout);
	return err;
}

int main(void)
{
	const struct live_opts lo = {
		.probe.flags = DMS_CFG_STATS | DMS_CFG_INDEX | DMS_CFG_STACKS_FAIL,
	};
	struct probe_error perr = {};
	struct state *m = state__new(NULL);
	struct live *l = NULL;
	bool complete = false;
	char line[64];
	int err;

	if (!m)
		return 1;
	err = live__open(&l, &lo, state__feed, m, &perr);
	if (err) {
		fprintf(stderr, "look: %s\n", perr.fault ? perr.text : strerror(-err));
		state__free(m);
		return 1;
	}
	puts("ready");
	fflush(stdout);
	while (!err && fgets(line, sizeof(line), stdin))
		err = print_look(l, m);
	if (!err)
		err = live__stop(l, "end", &complete);
	if (err || !complete)
		fprintf(stderr, "look: %s\n", err ? strerror(-err) : "incomplete");
	live__free(l);
	state__free(m);
	return err || !complete;
}
