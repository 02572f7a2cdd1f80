// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Every finding has an explanation, and every explanation a finding; they fit a terminal; the
 * page doc/findings.md knows them all.
 */
#include <errno.h>

#include "finding.h"
#include "words/explain.h"
#include "words/words.h"

static void one_for_each_finding(void **state)
{
	const char *id;
	size_t i;

	(void)state;
	for (i = 0; (id = state__finding_id(i)); i++)
		if (!words__finding(id))
			fail_msg("no words of %s", id);
	assert_null(words__finding("no-such-finding"));
	assert_null(words__finding(""));
}

/* Lines of at most 80 columns of printable ASCII. */
static void check_lines(const char *text)
{
	size_t column = 0;

	for (; *text; text++) {
		if (*text == '\n') {
			column = 0;
			continue;
		}
		assert_true(*text >= ' ' && *text < 0x7f);
		assert_true(++column <= 80);
	}
}

static void texts_fit_the_terminal(void **state)
{
	const struct finding_words *e;
	char *text = NULL;
	size_t len = 0, i;
	FILE *f = open_memstream(&text, &len);

	(void)state;
	assert_non_null(f);
	for (i = 0; state__finding_id(i); i++) {
		e = words__finding(state__finding_id(i));
		assert_true(e->title[0] && e->means[0] && e->how[0] && e->todo[0] && e->sources[0]);
		assert_true(strlen(e->title) < 60);
		assert_int_equal(explain_print(e->id, f), 0);
	}
	assert_int_equal(explain_print("no-such-finding", f), -ENOENT);
	assert_int_equal(explain_list(f), 0);
	fclose(f);
	check_lines(text);
	free(text);
}

static void check_template(const char *of, const char *template)
{
	const char *bad = template ? words__check(template) : NULL;

	if (bad)
		fail_msg("%s: not a template from here: %s", of, bad);
}

static void templates_name_facts(void **state)
{
	const struct finding_words *w;
	unsigned int r;
	const char *id;
	size_t i;

	(void)state;
	for (i = 0; (id = state__finding_id(i)); i++) {
		w = words__finding(id);
		check_template(id, w->summary);
		check_template(id, w->evidence);
	}
	for (r = REMEDY_NONE + 1; r < REMEDY_MAX; r++) {
		if (!words__remedy(r)->text || !words__remedy(r)->source)
			fail_msg("remedy %u has no text or no source", r);
		check_template("remedy", words__remedy(r)->text);
	}
	assert_non_null(words__check("{no_such_fact}"));
	assert_non_null(words__check("a [b"));
	assert_non_null(words__check("a } b"));
}

static void expand(const char *template, const struct fact_value *fact, const char *want)
{
	char got[64];

	words__expand(NULL, template, fact, got, sizeof(got));
	assert_string_equal(got, want);
}

static void templates_expand(void **state)
{
	struct fact_value fact[FACT_MAX] = { { 0 } };

	(void)state;
	fact[FACT_FAILED] = (struct fact_value){ .v = 1, .known = true };
	fact[FACT_CALLS] = (struct fact_value){ .v = 0, .known = true };
	fact[FACT_BYTES] = (struct fact_value){ .v = 65536, .known = true };
	fact[FACT_STATUS] = (struct fact_value){ .v = (uint64_t)-4, .known = true };
	expand("{failed mapping} of {calls entry}", fact, "1 mapping of 0 entries");
	expand("{bytes}, {status}", fact, "64 KiB, -4");
	expand("a[ b {pages}] c[ {failed}]", fact, "a c 1");
	expand("[yes{?failed}][no{!failed}][zero{!calls}]", fact, "yeszero");
	expand("0123456789012345678901234567890123456789012345678901234567890123456789", fact,
	       "012345678901234567890123456789012345678901234567890123456789012");
}

/* Options that a remedy may name only if the guest has them. */
static const struct {
	const char *text;
	bool pef, pci, noforce_ok, no_coherent_pool;
} options[] = {
	{ .text = "svm=on", .pef = true }, { .text = "multitce", .pef = true },
	{ .text = "disable_ddw", .pef = true }, { .text = "spapr", .pef = true },
	{ .text = "create-pe-dma-window", .pef = true },
	{ .text = "disable-legacy", .pci = true },
	{ .text = "swiotlb=force", .noforce_ok = true },
	{ .text = ",force", .noforce_ok = true },
	{ .text = "coherent_pool=", .no_coherent_pool = true },
};

struct guest {
	enum dms_guest kind;
	const char *arch, *bus;
};

static void check_remedy(const struct guest *g, bool noforce, const struct state_finding *x)
{
	bool pseries = !strcmp(g->arch, "ppc64le"), x86_or_arm = !strcmp(g->arch, "x86_64") ||
		       !strcmp(g->arch, "aarch64");

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		if (!strstr(x->f.action, options[i].text))
			continue;
		if ((options[i].pef && !pseries) || (options[i].pci && strcmp(g->bus, "pci")) ||
		    (options[i].noforce_ok && noforce) ||
		    (options[i].no_coherent_pool && !x86_or_arm))
			fail_msg("guest %d, %s: %s advises %s", g->kind, g->arch, x->f.id,
				 x->f.action);
	}
}

/* All that can go wrong at once, in a guest of that kind. */
static void feed_trouble(struct feed *f, const struct guest *g, bool noforce, bool pool)
{
	struct dms_rec r = { .type = REC_SESSION };
	struct dms_event ev;

	r.session.guest = g->kind;
	strcpy(r.session.arch, g->arch);
	strcpy(r.session.kernel, "6.12.0");
	strcpy(r.session.cmdline, noforce ? "quiet swiotlb=noforce" : "quiet swiotlb=4096");
	r.session.page_size = 4096;
	r.session.mem_bytes = r.session.mem_top = RAM;
	r.session.start_ns = T0;
	put(f, &r);
	feed_all_hooks(f);
	feed_pool(f, pool ? 512 : 0, 0, false);
	r = make_dev(1, "one", 64);
	strcpy(r.device.bus, g->bus);
	strcpy(r.device.driver, "vfio-pci");
	r.device.known |= DEV_KNOWN_FEATURES | DEV_KNOWN_DRIVER;
	r.device.virtio_features = 1ULL << 32;
	put(f, &r);
	f->ts += SEC;
	feed_map(f, 1, DMS_PATH_DIRECT, 0x40000000, 0x40000000, 4096);
	feed_bounce(f, 1, DMS_DMA_ERROR, 0x50000000, 1 << 20);
	feed_failed(f, 1, 1 << 20, DMS_FL_NO_SLOT);
	for (uint64_t i = 0; i < 512; i++)
		feed_bounce(f, 1, POOL_START + i * 2048, 0x60000000, 2048);
	feed_bounce(f, 1, DMS_DMA_ERROR, 0x50000000, 4096);
	feed_failed(f, 1, 4096, DMS_FL_NO_SLOT);
	ev = make_ev(f, DMS_EV_ALLOC, 1);
	ev.path = DMS_PATH_FAILED;
	ev.dma = DMS_DMA_ERROR;
	ev.size = 65536;
	feed_ev(f, &ev);
	feed_failed(f, 1, 512, 0);
}

static void remedies_fit_the_guest(void **state)
{
	static const struct guest guests[] = {
		{ GUEST_NONE, "x86_64", "pci" }, { GUEST_SEV, "x86_64", "pci" },
		{ GUEST_SEV_ES, "x86_64", "virtio" }, { GUEST_SEV_SNP, "x86_64", "pci" },
		{ GUEST_TDX, "x86_64", "pci" }, { GUEST_S390_PV, "s390x", "ccw" },
		{ GUEST_CCA, "aarch64", "platform" }, { GUEST_PEF, "ppc64le", "pci" },
		{ GUEST_PEF, "ppc64le", "vio" },
	};
	struct feed *f = *state;
	struct state_finding *all;
	size_t n, i, k, seen = 0;

	for (k = 0; k < 4 * sizeof(guests) / sizeof(guests[0]); k++) {
		state__free(f->m);
		f->m = state__new(NULL);
		f->ts = T0;
		feed_trouble(f, &guests[k / 4], k & 1, k & 2);
		assert_int_equal(words__findings(f->m, &all, &n), 0);
		for (i = 0; i < n; i++)
			check_remedy(&guests[k / 4], k & 1, &all[i]);
		seen += n;
		free(all);
	}
	assert_true(seen > 60);
}

/* The effect of a device's access to private memory differs by the kind of guest. */
static void private_memory_by_guest(void **state)
{
	static const struct {
		enum dms_guest kind;
		const char *has, *has_not;
	} want[] = {
		{ GUEST_SEV, "ciphertext", "abort" }, { GUEST_SEV_SNP, "stopped", "garbage" },
		{ GUEST_TDX, "other memory", "ciphertext" }, { GUEST_CCA, "abort", "ciphertext" },
	};
	struct feed *f = *state;
	struct state_finding x;

	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		state__free(f->m);
		f->m = state__new(NULL);
		feed_session(f, want[i].kind, want[i].kind == GUEST_CCA ? "aarch64" : "x86_64",
			     "6.12.0");
		feed_all_hooks(f);
		feed_map(f, 1, DMS_PATH_DIRECT, 0x40000000, 0x40000000, 4096);
		x = expect_finding(f, "private-dma", STATE_ERROR, 1);
		assert_non_null(strstr(x.f.summary, want[i].has));
		assert_null(strstr(x.f.summary, want[i].has_not));
	}
}

/* A source names a file and a version, "-" stands for what is dmascope's own. */
static void remedies_have_sources(void **state)
{
	unsigned int r;

	(void)state;
	for (r = REMEDY_NONE + 1; r < REMEDY_MAX; r++) {
		const char *source = words__remedy(r)->source;

		if (strcmp(source, "-") &&
		    (!strpbrk(source, "/") || !strpbrk(source, "0123456789")))
			fail_msg("remedy %u: no source and version in \"%s\"", r, source);
	}
}

static void page_lists_all_findings(void **state)
{
	static char page[256 * 1024];
	FILE *f = fopen("doc/findings.md", "r");
	const char *id;
	char row[64];
	size_t i, n;

	(void)state;
	if (!f)
		skip();		/* not run from the top of the tree */
	n = fread(page, 1, sizeof(page) - 1, f);
	page[n] = '\0';
	fclose(f);
	for (i = 0; (id = state__finding_id(i)); i++) {
		snprintf(row, sizeof(row), "| `%s` |", id);
		if (!strstr(page, row))
			fail_msg("doc/findings.md has no row of %s", id);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_for_each_finding),
		cmocka_unit_test(texts_fit_the_terminal),
		cmocka_unit_test(templates_name_facts), cmocka_unit_test(templates_expand),
		cmocka_unit_test(remedies_have_sources),
		cmocka_unit_test_setup_teardown(remedies_fit_the_guest, feed_setup, feed_teardown),
		cmocka_unit_test_setup_teardown(private_memory_by_guest, feed_setup, feed_teardown),
		cmocka_unit_test(page_lists_all_findings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
