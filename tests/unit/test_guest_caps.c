// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Lockdown, capabilities, and parameters of the kernel command line.
 */
#include "guest_tree.h"

#include <sys/wait.h>

#include "guest/caps.h"
#include "guest/fs.h"
#include "guest/lockdown.h"
#include "guest/param.h"

static void test_param(void **state)
{
	char v[16];

	(void)state;
	assert_true(guest_param("a=1 swiotlb=force b", "swiotlb", v, sizeof(v)));
	assert_string_equal(v, "force");
	assert_true(guest_param("swiotlb=1 swiotlb=2,noforce", "swiotlb", v, sizeof(v)));
	assert_string_equal(v, "2,noforce");
	assert_true(guest_param("disable-ddw", "disable_ddw", v, sizeof(v)));
	assert_string_equal(v, "");
	assert_false(guest_param("xdisable_ddw disable_ddwx", "disable_ddw", v, sizeof(v)));
	assert_false(guest_param("quiet -- lockdown=integrity", "lockdown", v, sizeof(v)));
	assert_true(guest_param("x=\"a lockdown=b\" lockdown=\"integrity\"", "lockdown", v,
				sizeof(v)));
	assert_string_equal(v, "integrity");
	assert_false(guest_param("x=\"a lockdown=b\"", "lockdown", v, sizeof(v)));
	assert_false(guest_param("", "lockdown", v, sizeof(v)));
	assert_true(guest_param("lockdown=confidentiality", "lockdown", v, 5));
	assert_string_equal(v, "conf");
	assert_true(guest_param("lockdown", "lockdown", NULL, 0));
}

static void test_param_has(void **state)
{
	(void)state;
	assert_true(guest_param_has("force", "force"));
	assert_true(guest_param_has("65536,force", "force"));
	assert_true(guest_param_has("65536,4,force", "force"));
	assert_false(guest_param_has("noforce", "force"));
	assert_false(guest_param_has("65536,forced", "force"));
	assert_false(guest_param_has("", "force"));
}

static void test_lockdown_file(void **state)
{
	static const struct { const char *text; enum guest_lockdown_mode mode; } t[] = {
		{ "[none] integrity confidentiality\n", LOCKDOWN_NONE },
		{ "none [integrity] confidentiality\n", LOCKDOWN_INTEGRITY },
		{ "none integrity [confidentiality]\n", LOCKDOWN_CONFIDENTIALITY },
	};
	struct tree *tree = *state;
	struct guest_lockdown l;
	size_t i;

	tree_file(tree, "/proc/cmdline", "lockdown=integrity\n");
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		tree_file(tree, "/sys/kernel/security/lockdown", t[i].text);
		assert_int_equal(guest_lockdown(tree->root, &l), 0);
		assert_int_equal(l.mode, t[i].mode);
		assert_string_equal(l.name, guest_lockdown_name(t[i].mode));
		assert_true(l.sure);
	}
	tree_file(tree, "/sys/kernel/security/lockdown", "none [new] other\n");
	assert_int_equal(guest_lockdown(tree->root, &l), 0);
	assert_int_equal(l.mode, LOCKDOWN_INTEGRITY);	/* by the command line */
	assert_false(l.sure);
	assert_int_equal(guest_lockdown(tree->root, NULL), -EINVAL);
}

static void test_lockdown_cmdline(void **state)
{
	struct tree *t = *state;
	struct guest_lockdown l;

	assert_int_equal(guest_lockdown(t->root, &l), 0);
	assert_int_equal(l.mode, LOCKDOWN_UNKNOWN);
	assert_string_equal(l.name, "");
	assert_non_null(strstr(l.how, "securityfs"));
	tree_file(t, "/proc/cmdline", "quiet lockdown=confidentiality\n");
	assert_int_equal(guest_lockdown(t->root, &l), 0);
	assert_int_equal(l.mode, LOCKDOWN_CONFIDENTIALITY);
	assert_false(l.sure);
	assert_non_null(strstr(l.how, "command line"));
}

static void mounts(char *buf, size_t len)
{
	FILE *f = fopen("/proc/self/mountinfo", "r");

	assert_non_null(f);
	buf[fread(buf, 1, len - 1, f)] = '\0';
	fclose(f);
}

/* With securityfs mounted or not, root gets the mode; and nothing is mounted for it. */
static void test_lockdown_live(void **state)
{
	static char before[65536], after[65536];
	struct guest_lockdown l;
	struct guest_caps c;
	char fs[4096] = "";

	(void)state;
	mounts(before, sizeof(before));
	assert_int_equal(guest_lockdown("", &l), 0);
	mounts(after, sizeof(after));
	assert_string_equal(before, after);
	assert_true(l.how[0]);
	gfs_read("", "/proc/filesystems", fs, sizeof(fs));
	assert_int_equal(guest_caps("", &c), 0);
	if (strstr(fs, "securityfs") && c.effective & GUEST_CAP_SYS_ADMIN && !c.user_ns &&
	    strstr(l.how, "lockdown: "))
		assert_true(l.sure);
}

static void caps_file(struct tree *t, const char *eff)
{
	char text[256];

	snprintf(text, sizeof(text), "Name:\tx\nCapInh:\t0000000000000000\n"
		 "CapPrm:\t%s\nCapEff:\t%s\nCapBnd:\t000001ffffffffff\n", eff, eff);
	tree_file(t, "/proc/self/status", text);
}

static void test_caps_tree(void **state)
{
	struct tree *t = *state;
	struct guest_caps c;
	char buf[128];

	assert_int_equal(guest_caps(t->root, &c), -ENOENT);
	caps_file(t, "0000008000000000");	/* CAP_BPF alone */
	tree_file(t, "/proc/sys/kernel/cap_last_cap", "40\n");
	tree_file(t, "/proc/self/uid_map", "         0          0 4294967295\n");
	assert_int_equal(guest_caps(t->root, &c), 0);
	assert_int_equal(c.effective, GUEST_CAP_BPF);
	assert_int_equal(c.permitted, GUEST_CAP_BPF);
	assert_false(c.user_ns);
	assert_false(guest_caps_can_trace(&c));
	assert_int_equal(guest_caps_missing_trace(&c, buf, sizeof(buf)), 1);
	assert_string_equal(buf, "CAP_PERFMON");
}

static void test_caps_enough(void **state)
{
	struct guest_caps c = { .known = ~0ULL };
	char buf[128];

	(void)state;
	assert_int_equal(guest_caps_missing_trace(&c, buf, sizeof(buf)), 2);
	assert_string_equal(buf, "CAP_PERFMON, CAP_BPF");
	c.effective = GUEST_CAP_BPF | GUEST_CAP_PERFMON;
	assert_true(guest_caps_can_trace(&c));
	assert_int_equal(guest_caps_missing_trace(&c, buf, sizeof(buf)), 0);
	assert_string_equal(buf, "");
	c.effective = GUEST_CAP_SYS_ADMIN;
	assert_true(guest_caps_can_trace(&c));
	assert_int_equal(guest_caps_missing_trace(&c, buf, sizeof(buf)), 0);
	c.user_ns = true;
	assert_false(guest_caps_can_trace(&c));
	assert_int_equal(guest_caps_missing_trace(&c, buf, sizeof(buf)), 1);
	/* A kernel before 5.8 has neither of the two. */
	memset(&c, 0, sizeof(c));
	c.known = (1ULL << 38) - 1;
	assert_int_equal(guest_caps_missing_trace(&c, buf, sizeof(buf)), 1);
	assert_string_equal(buf, "CAP_SYS_ADMIN");
	/* A short buffer cuts the text, not the count. */
	assert_int_equal(guest_caps_missing(&c, ~0ULL, buf, 12), 64);
	assert_true(strlen(buf) < 12);
	assert_string_equal(guest_cap_name(1ULL << 62), "CAP_?");
	assert_string_equal(guest_cap_name(0), "CAP_?");
}

/* In a child, because there is no way back. */
static void test_caps_drop(void **state)
{
	struct guest_caps before, after;
	uint64_t keep = GUEST_CAP_SYSLOG;
	int status;
	pid_t pid;

	(void)state;
	assert_int_equal(guest_caps("", &before), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		if (guest_caps_set_aside(keep) || guest_caps("", &after))
			_exit(4);
		if (after.effective & ~keep || after.permitted != before.permitted)
			_exit(5);
		if (guest_caps_drop(keep) || guest_caps("", &after))
			_exit(1);
		if (after.effective & ~keep || after.permitted & ~keep)
			_exit(2);
		if ((after.effective & keep) != (before.effective & keep))
			_exit(3);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
#define ON_TREE(f) cmocka_unit_test_setup_teardown(f, tree_setup, tree_teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_param), cmocka_unit_test(test_param_has),
		ON_TREE(test_lockdown_file), ON_TREE(test_lockdown_cmdline),
		cmocka_unit_test(test_lockdown_live),
		ON_TREE(test_caps_tree), cmocka_unit_test(test_caps_enough),
		cmocka_unit_test(test_caps_drop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
