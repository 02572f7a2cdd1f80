// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The report: 80 columns of ASCII, everything in it that matters, nothing of pseries where there
 * is none; and the JSON one.
 */
#include <errno.h>

#include <jansson.h>

#include "finding.h"
#include "export/csv.h"
#include "trace/out.h"
#include "report/report.h"

static char *report(struct feed *f, const struct report_opts *opts)
{
	char *text = NULL;
	size_t len = 0, column = 0;
	FILE *out = open_memstream(&text, &len);
	const char *p;

	assert_non_null(out);
	assert_int_equal(report_text(f->m, opts, out), 0);
	fclose(out);
	for (p = text; *p; p++) {
		column = *p == '\n' ? 0 : column + 1;
		if (column > 80 || (*p != '\n' && (*p < ' ' || *p > '~')))
			fail_msg("column %zu: %.60s", column, p > text + 40 ? p - 40 : text);
		assert_false(*p == ' ' && p[1] == '\n');
	}
	return text;
}

static json_t *report_as_json(struct feed *f, const struct report_opts *opts)
{
	struct out out;
	json_error_t err;
	json_t *root;

	assert_int_equal(out__init_mem(&out), 0);
	assert_int_equal(report_json(f->m, opts, &out), 0);
	root = json_loadb(out.buf, (size_t)(out.p - out.buf), JSON_REJECT_DUPLICATES, &err);
	if (!root)
		fail_msg("%s at %d", err.text, err.position);
	out__free(&out);
	return root;
}

static void has(const char *text, const char *words)
{
	if (!strstr(text, words))
		fail_msg("no \"%s\" in:\n%s", words, text);
}

static void has_not(const char *text, const char *words)
{
	if (strstr(text, words))
		fail_msg("\"%s\" in:\n%s", words, text);
}

static void sick_guest(struct feed *f)
{
	uint64_t i;

	feed_healthy_pef(f);
	feed_pseries_dev(f, 2, "0000:00:02.0", 32, true);
	for (i = 0; i < 30; i++) {
		f->ts += MS;
		feed_tce(f, true, DEF_LIOBN + 32, 0x100000 + i * 131072, 0x40000000, 65536);
		feed_map(f, 2, DMS_PATH_TCE, 0x100040 + i * 131072, 0x40000040, 1522);
	}
	feed_bounce(f, 1, DMS_DMA_ERROR, 0x50000000, 786432);
	feed_failed(f, 1, 786432, DMS_FL_NO_SLOT);
	feed_share(f, true, 0x60000000, 65536);
	f->ts += SEC;
	feed_end(f, true);
}

static void a_sick_secure_guest(void **state)
{
	struct report_opts opts = { .source = "guest.json" };
	struct feed *f = *state;
	char *text;

	sick_guest(f);
	text = report(f, &opts);
	has(text, "guest.json");
	has(text, "secure guest (PEF)");
	has(text, "nothing was lost");
	has(text, "error request-too-big, 0000:00:01.0");
	has(text, "error private-dma, 0000:00:02.0");
	has(text, "TCE: 32-bit mask");
	has(text, "bounce: forced, DDW");
	has(text, "WINDOWS");
	has(text, "0x80000011");
	has(text, "10 more ranges");
	has(text, "64K  seen");
	has(text, "LAST FAILURES");
	has(text, "768 KiB");
	free(text);
	opts.ranges = SIZE_MAX;
	text = report(f, &opts);
	has_not(text, "more ranges");
	free(text);
}

/* Each device's path was decided before the start, after it, or unseen. */
static void time_of_the_decision(void **state)
{
	struct feed *f = *state;
	struct dms_rec r = make_dev(3, "0000:00:03.0", 32);
	struct dms_event ev;
	char *text;

	feed_healthy_pef(f);
	text = report(f, NULL);
	has(text, "Decided before the start.");
	has_not(text, "after the start.");
	free(text);
	ev = make_ev(f, DMS_EV_MASK, 1);
	ev.ts = T0 + 1500 * MS;
	ev.aux = ~0ULL;
	feed_ev(f, &ev);
	text = report(f, NULL);
	has(text, "Decided 1.5s after the start.");
	has_not(text, "before the start.");
	free(text);
	r.device.preexisting = false;		/* it came, and nothing of its mask was seen */
	put(f, &r);
	text = report(f, NULL);
	has_not(text, "Decided before");
	free(text);
}

static void a_window_was_fuller(void **state)
{
	struct feed *f = *state;
	char *text;

	feed_healthy_pef(f);
	feed_pseries_dev(f, 2, "0000:00:02.0", 32, true);
	feed_tce(f, true, DEF_LIOBN + 32, 0x100000, 0x40000000, 5000 * 65536ULL);
	text = report(f, NULL);
	has(text, "5,000");
	has_not(text, "at most 5,000");
	free(text);
	feed_tce(f, false, DEF_LIOBN + 32, 0x100000, 0, 4000 * 65536ULL);
	text = report(f, NULL);
	has(text, "1,000");
	/* 1 GiB in pages of 64 KiB */
	has(text, "at most 5,000 of 16,384 TCEs were used");
	free(text);
}

static void pages_that_a_kexec_unshares(void **state)
{
	struct feed *f = *state;
	char *text;

	feed_session(f, GUEST_SEV, "x86_64", "6.12.0");
	feed_all_hooks(f);
	feed_pool(f, POOL_SLOTS, 0, true);
	feed_share(f, true, 0x60000000, 3 * 4096);
	text = report(f, NULL);
	/* 64 MiB of the pool are 16,384 pages */
	has(text, "a kexec now would have to unshare at least these 16,387 pages, 64 MiB");
	has_not(text, "never seen shared");
	free(text);
	feed_share(f, false, 0x70000000, 4096);
	feed_share(f, false, 0x71000000, 4096);
	text = report(f, NULL);
	has(text, "2 unshared pages were never seen shared");
	free(text);
}

/* The pages of a kexec are a lower bound; what they leave out is named, also if nothing is seen. */
static void pages_that_a_kexec_does_not_list(void **state)
{
	static const struct {
		enum dms_guest guest;
		const char *unlisted;
	} want[] = {
		{ GUEST_PEF, "Not listed: pages shared early at boot (lppaca, dispatch log," },
		{ GUEST_SEV, "Not listed: memory shared at boot: coherent memory of drivers," },
		{ GUEST_SEV_SNP, "GHCBs and .bss..decrypted" },
		{ GUEST_TDX, "VGA text" },
		{ GUEST_S390_PV, "Not listed: memory shared at boot: coherent memory of drivers," },
		{ GUEST_CCA, "the interrupt controller's" },
	};
	char *text;

	for (size_t i = 0; i < 2 * (sizeof(want) / sizeof(*want)); i++) {
		struct feed *f = *state;

		feed_session(f, want[i / 2].guest, "x86_64", "6.12.0");
		if (i % 2)
			feed_all_hooks(f);
		feed_pool(f, POOL_SLOTS, 0, true);
		text = report(f, NULL);
		has(text, "a kexec now would have to unshare at least these 16,384 pages, 64 MiB");
		has(text, want[i / 2].unlisted);
		free(text);
		feed_teardown(state);
		feed_setup(state);
	}
}

/* A name of a process may hold anything. */
static void shared_for_user_space(void **state)
{
	struct dms_rec s = { .type = REC_STACK }, r = { .type = REC_EVENT };
	struct report_opts opts = { .by_addr = true, .addr = 0x60000800 };
	struct feed *f = *state;
	json_t *root, *x;
	char *text;

	feed_session(f, GUEST_SEV, "x86_64", "7.3.4");
	feed_all_hooks(f);
	s.stack.id = 4;
	s.stack.depth = 3;
	strcpy(s.stack.frame[0], "set_memory_decrypted+0x5");
	strcpy(s.stack.frame[1], "system_heap_allocate+0x1c1");
	strcpy(s.stack.frame[2], "dma_heap_ioctl+0x16e");
	put(f, &s);
	r.event = make_ev(f, DMS_EV_SHARE, 0);
	r.event.phys = 0x60000000;
	r.event.size = 4096;
	r.event.stack = 4;
	r.event.pid = 4242;
	strcpy(r.comm, "rdma \033[1m\"x");
	put(f, &r);
	text = report(f, NULL);
	has(text, "for rdma \\x1b[1m\"x, pid 4242, dma-buf heap system_cc_shared\n");
	has(text, "  4 KiB shared now for rdma");
	free(text);
	text = report(f, &opts);
	has(text, "shared with the hypervisor since 0us, by system_heap_allocate\n"
		  "  for rdma \\x1b[1m\"x, pid 4242, dma-buf heap system_cc_shared\n");
	free(text);
	root = report_as_json(f, NULL);
	x = json_array_get(json_object_get(json_object_get(root, "ledger"), "heap_users"), 0);
	assert_int_equal(json_integer_value(json_object_get(x, "pid")), 4242);
	assert_string_equal(json_string_value(json_object_get(x, "heap")), "system_cc_shared");
	assert_string_equal(json_string_value(json_object_get(x, "bytes")), "4096");
	x = json_array_get(json_object_get(json_object_get(root, "ledger"), "ranges"), 0);
	assert_string_equal(json_string_value(json_object_get(x, "comm")), "rdma \\x1b[1m\"x");
	json_decref(root);
}

/* lockdown=confidentiality: nothing observes sharing, so nothing is 0. */
static void sharing_that_is_not_observed(void **state)
{
	struct feed *f = *state;
	char *text;

	feed_session(f, GUEST_TDX, "x86_64", "6.12.0");
	feed_hook(f, DMS_HOOK_MAP);
	feed_pool(f, POOL_SLOTS, 0, true);
	text = report(f, NULL);
	has(text, "since the start: conversions were not counted");
	has(text, "at least these 16,384 pages");
	has(text, "the VGA");
	has_not(text, "0 shared, 0 unshared");
	free(text);
}

static void the_pools_alignment(void **state)
{
	struct dms_rec r = { .type = REC_SESSION };
	struct feed *f = *state;
	char *text;

	feed_healthy_pef(f);
	text = report(f, NULL);
	has(text, "start modulo 2^28: 0x7000000; TCE pages 64K\n");
	has_not(text, "LMB");
	free(text);
	r.session.guest = GUEST_PEF;
	strcpy(r.session.arch, "ppc64le");
	r.session.lmb_size = 256 << 20;
	put(f, &r);
	text = report(f, NULL);
	has(text, "; LMB 256 MiB; TCE pages 64K\n");
	free(text);
}

static void a_plain_guest_reads_nothing_of_pseries(void **state)
{
	struct feed *f = *state;
	struct dms_rec r = make_dev(1, "0000:00:01.0", 64);
	char *text;

	feed_session(f, GUEST_NONE, "x86_64", "6.12.0");
	feed_all_hooks(f);
	feed_pool(f, POOL_SLOTS, 0, false);
	put(f, &r);
	feed_map(f, 1, DMS_PATH_DIRECT, 0x40000000, 0x40000000, 4096);
	text = report(f, NULL);
	has(text, "FINDINGS: none");
	has(text, "not a secure guest");
	has_not(text, "TCE");
	has_not(text, "tce");
	has_not(text, "LIOBN");
	has_not(text, "pseries");
	has_not(text, "DDW");
	has_not(text, "SHARED");
	has_not(text, "WINDOW");
	has_not(text, "2^28");
	free(text);
}

static void an_empty_stream(void **state)
{
	static const struct dms_rec cut = { .type = REC_CUT };
	struct feed *f = *state;
	char *text;

	state__feed(f->m, &cut);
	text = report(f, NULL);

	has(text, "unknown: the stream has no session");
	has(text, "cut off");
	has(text, "FINDINGS: none");
	free(text);
}

static void losses_are_reported(void **state)
{
	struct dms_rec gap = { .type = REC_GAP };
	struct feed *f = *state;
	char *text;

	feed_healthy_pef(f);
	gap.gap.hook = DMS_HOOK_UNMAP;
	gap.gap.lost = 1234;
	put(f, &gap);
	text = report(f, NULL);
	has(text, "INCOMPLETE: 1,234 observations were lost: unmap 1234.");
	has(text, "live ones may be fewer: some unmaps were not delivered");
	has_not(text, "bytes are at least these");
	has_not(text, "nothing was lost");
	free(text);
}

/* The remedy depends on the reason: a ring that is full, or a program that did not run. */
static void remedy_for_loss(void **state)
{
	struct dms_rec end = { .type = REC_END };
	struct dms_counts *c = end.end.counts;
	struct feed *f = *state;
	char *text;

	feed_healthy_pef(f);
	c[DMS_HOOK_MAP] = (struct dms_counts){ .hits = 3010, .dropped = 3010, .skipped = 10 };
	c[DMS_HOOK_UNMAP] = (struct dms_counts){ .hits = 7, .dropped = 7, .skipped = 7 };
	put(f, &end);
	text = report(f, NULL);
	has(text, "INCOMPLETE: 3,017 observations were lost: map 3010, unmap 7.");
	has(text, "mappings, failures and bytes are at least these: some were not delivered");
	has(text, "live ones may be more or fewer");
	has(text, "no room for 3,000: record with a larger --ring");
	has(text, "skipped the program 17 times");
	free(text);
}

static void missing_hooks_are_reported(void **state)
{
	struct dms_rec r = { .type = REC_HOOK };
	struct feed *f = *state;
	char *text;

	feed_healthy_pef(f);
	r.hook.id = DMS_HOOK_UCALL;
	strcpy(r.hook.name, "ucall");
	strcpy(r.hook.reason, "no such symbol");
	strcpy(r.hook.lost, "whether conversions were refused");
	put(f, &r);
	/* attached, and yet something is not reported */
	r.hook.id = DMS_HOOK_MAP_SG;
	r.hook.attach = ATTACH_RAW_TP;
	strcpy(r.hook.name, "map.sg");
	strcpy(r.hook.symbol, "dma_map_sg");
	strcpy(r.hook.reason, "no such function");
	strcpy(r.hook.lost, "refused lists");
	put(f, &r);
	text = report(f, NULL);
	has(text, "ucall: no such symbol; so: whether conversions were refused");
	has(text, "map.sg: no such function; so: refused lists");
	free(text);
}

static void one_device(void **state)
{
	struct report_opts opts = { .device = "*:02.0" };
	struct feed *f = *state;
	FILE *null = fopen("/dev/null", "w");
	char *text;

	sick_guest(f);
	text = report(f, &opts);
	has(text, "private-dma");
	has_not(text, "request-too-big");
	has_not(text, "0000:00:01.0");
	free(text);
	opts.device = "nothing";
	assert_int_equal(report_text(f->m, &opts, null), -ENOENT);
	fclose(null);
}

static void one_address(void **state)
{
	struct report_opts opts = { .by_addr = true, .addr = 0x100050 };
	struct feed *f = *state;
	char *text;

	sick_guest(f);
	text = report(f, &opts);
	has(text, "ADDRESS 0x100050");
	has(text, "0x100040");
	has(text, "in the default window of 0000:00:02.0");
	has_not(text, "FINDINGS");
	free(text);
	opts.addr = 0x60000000;
	text = report(f, &opts);
	has(text, "shared with the hypervisor since 1.0s");
	free(text);
	opts.addr = 0x61000000;
	text = report(f, &opts);
	has(text, "private, as far as known");
	has(text, "no mapping covers it now");
	free(text);
}

/* The owner of an old TCE in a table of two devices: no view names one of them. */
static void old_tce_of_a_shared_table(void **state)
{
	struct report_opts opts = { .by_addr = true, .addr = 0x200000 };
	struct feed *f = *state;
	struct dms_event ev;
	struct out out;
	char *text;

	feed_healthy_pef(f);
	feed_pseries_dev(f, 2, "0000:00:02.0", 32, true);
	feed_pseries_dev(f, 3, "0000:00:03.0", 32, true);
	feed_window(f, 3, DEF_LIOBN + 32, WINDOW_DEFAULT, WINDOW_DYNAMIC, 0, 1ULL << 30);
	ev = make_ev(f, DMS_EV_LIVE, 0);
	ev.liobn = DEF_LIOBN + 32;
	ev.dma = 0x200000;
	ev.size = 65536;
	feed_ev(f, &ev);
	text = report(f, &opts);
	has(text, "(a device of LIOBN 0x80000020), tce, from before the start:");
	free(text);
	opts.device = "*:03.0";		/* it may be that one's */
	text = report(f, &opts);
	has(text, "(a device of LIOBN 0x80000020)");
	free(text);
	opts.device = "*:01.0";
	text = report(f, &opts);
	has_not(text, "(a device of");
	free(text);
	assert_int_equal(out__init_mem(&out), 0);
	assert_int_equal(csv_write(f->m, CSV_RANGES, &out), 0);
	out__write(&out, "", 1);
	has(out.buf, "\n(a device of LIOBN 0x80000020),tce,");
	out__free(&out);
}

/* Names come from the guest's kernel or from a file: nothing in them may reach the terminal. */
static void hostile_names(void **state)
{
	struct dms_rec r = make_dev(7, "\033[2Jname\n", 64);
	struct feed *f = *state;
	struct dms_event ev;
	char *text;

	feed_healthy_pef(f);
	strcpy(r.device.driver, "dri\x1b]0;x\x07ver");
	memset(r.device.kind, 'k', sizeof(r.device.kind) - 1);
	put(f, &r);
	feed_stack(f, 9, "evil\033[1m");
	ev = make_ev(f, DMS_EV_MAP, 7);
	ev.path = DMS_PATH_DIRECT;
	ev.dma = ev.phys = 0x40000000;
	ev.size = UINT64_MAX;
	ev.stack = 9;
	feed_ev(f, &ev);
	feed_failed(f, 7, 4096, 0);
	text = report(f, NULL);
	has(text, "private-dma");
	free(text);
}

static void output_that_fails(void **state)
{
	struct feed *f = *state;
	FILE *full = fopen("/dev/full", "w");

	if (!full)
		skip();
	setvbuf(full, NULL, _IONBF, 0);
	feed_healthy_pef(f);
	assert_int_equal(report_text(f->m, NULL, full), -EIO);
	fclose(full);
}

static void as_json(void **state)
{
	struct feed *f = *state;
	json_t *root, *x;

	sick_guest(f);
	root = report_as_json(f, NULL);
	assert_string_equal(json_string_value(json_object_get(root, "format")), "dmascope-report");
	assert_int_equal(json_array_size(json_object_get(root, "devices")), 2);
	assert_int_equal(json_array_size(json_object_get(root, "ranges")), REPORT_RANGES);
	x = json_array_get(json_object_get(root, "findings"), 0);
	assert_string_equal(json_string_value(json_object_get(x, "id")), "request-too-big");
	assert_string_equal(json_string_value(json_object_get(x, "severity")), "error");
	assert_true(json_array_size(json_object_get(x, "events")) == 1);
	x = json_array_get(json_object_get(root, "failures"), 0);
	assert_string_equal(json_string_value(json_object_get(x, "reason")), "too_big");
	x = json_object_get(json_object_get(root, "ledger"), "confirmed");
	assert_string_equal(json_string_value(x), "65536");
	json_decref(root);
}

static void as_json_of_nothing(void **state)
{
	struct feed *f = *state;
	json_t *root = report_as_json(f, NULL);

	assert_true(json_is_null(json_object_get(root, "guest")));
	assert_true(json_is_null(json_object_get(root, "ledger")));
	json_decref(root);
}

#define T(fn)	cmocka_unit_test_setup_teardown(fn, feed_setup, feed_teardown)

/* The devices' shares of slot time, and the recommended pool size. */
static void the_pool_by_device_and_time(void **state)
{
	struct dms_rec pool = { .type = REC_POOL };
	struct feed *f = *state;
	struct state_caller c;
	char *text;

	feed_session(f, GUEST_SEV, "x86_64", "6.12");
	feed_all_hooks(f);
	feed_pool(f, POOL_SLOTS, 0, true);
	for (uint64_t d = 1; d <= 2; d++) {
		struct dms_rec r = make_dev(d, d == 1 ? "0000:00:01.0" : "0000:00:02.0", 64);

		put(f, &r);
	}
	feed_stack(f, 7, "nvme_map");
	/* 64 slots for 1 s, 64 slots for 3 s: a quarter and three quarters */
	for (uint64_t d = 1; d <= 2; d++) {
		uint64_t slot = POOL_START + d * 131072;
		struct dms_event ev;

		feed_bounce(f, d, slot, 0x40000000, 131072);
		ev = make_ev(f, DMS_EV_MAP, d);
		ev.path = DMS_PATH_BOUNCED;
		ev.dma = ev.aux = slot;
		ev.phys = 0x40000000;
		ev.size = 131072;
		ev.stack = 7;
		feed_ev(f, &ev);
		f->ts += d == 1 ? SEC : 3 * SEC;
		feed_unbounce(f, d, slot, 131072);
		feed_unmap(f, d, slot, 131072);
	}
	assert_int_equal(state__slot_time(state__dev(f->m, 0), f->ts) / 1e9, 64);
	assert_int_equal(state__slot_time(state__dev(f->m, 1), f->ts) / 1e9, 3 * 64);
	assert_int_equal(state__callers(f->m, &(uint64_t){ 1 }, &c, 1), 1);
	assert_int_equal(state__caller_life(&c, 50), 1048576000);	/* the class of 1 s */
	assert_int_equal(state__caller_life(&c, 95), 1048576000);
	text = report(f, NULL);
	has(text, "64 at most; 25 % of all");
	has(text, "64 at most; 75 % of all");
	has_not(text, "recommended");		/* four seconds do not prove that it is too large */
	free(text);
	strcpy(pool.pool.name, "default");
	strcpy(pool.pool.source, "debugfs");
	pool.pool.nslabs = POOL_SLOTS;
	pool.pool.start = POOL_START;
	pool.pool.end = POOL_END;
	pool.pool.slot_size = 2048;
	pool.pool.used_known = pool.pool.hiwater_known = true;
	pool.pool.hiwater = 8000;
	pool.pool.ts = f->ts;
	put(f, &pool);
	text = report(f, NULL);
	has(text, "recommended: swiotlb=12032 (23.5 MiB), less than it has");
	has(text, "1.1 % of RAM");
	free(text);
	pool.pool.hiwater = 20000;
	put(f, &pool);
	text = report(f, NULL);
	has(text, "its size is right");
	free(text);
	pool.pool.hiwater = 30000;	/* the finding speaks then */
	put(f, &pool);
	text = report(f, NULL);
	has(text, "pool-pressure");
	has_not(text, "recommended");
	free(text);
}

/* The recommended option must not remove the force that is there now. */
static void the_size_keeps_force(void **state)
{
	static const struct { enum dms_guest guest; bool force; const char *want; } cases[] = {
		{ GUEST_SEV, false, "recommended: swiotlb=12032 (23.5 MiB)" },
		{ GUEST_SEV, true, "recommended: swiotlb=12032,force (23.5 MiB)" },
		{ GUEST_PEF, false, "recommended: swiotlb=12032,force (23.5 MiB)" },
	};
	char *text;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct dms_rec session = { .type = REC_SESSION }, pool;
		struct feed *f;

		feed_setup(state);
		f = *state;
		session.session.guest = cases[i].guest;
		session.session.swiotlb_force = cases[i].force;
		session.session.start_ns = T0;
		put(f, &session);
		pool = make_pool(f->ts, POOL_START, POOL_SLOTS, 0);
		pool.pool.hiwater_known = true;
		pool.pool.hiwater = 8000;
		put(f, &pool);
		text = report(f, NULL);
		has(text, cases[i].want);
		free(text);
		feed_teardown(state);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_size_keeps_force),
		T(a_sick_secure_guest), T(a_plain_guest_reads_nothing_of_pseries),
		T(an_empty_stream), T(losses_are_reported), T(remedy_for_loss),
		T(missing_hooks_are_reported),
		T(time_of_the_decision), T(a_window_was_fuller), T(pages_that_a_kexec_unshares),
		T(pages_that_a_kexec_does_not_list),
		T(shared_for_user_space),
		T(sharing_that_is_not_observed),
		T(the_pools_alignment), T(one_device), T(old_tce_of_a_shared_table),
		T(one_address), T(hostile_names), T(output_that_fails), T(as_json),
		T(as_json_of_nothing), T(the_pool_by_device_and_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
