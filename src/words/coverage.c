// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The words of what was not observed, and of the rules that were not judged for that.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/names.h"
#include "words/words.h"

/* Hits of a hook in the plural; hooks of inner layers have their name. */
static const char *hits_of(enum dms_hook hook)
{
	switch (hook) {
	case DMS_HOOK_MAP:
	case DMS_HOOK_MAP_SG:
		return "maps";
	case DMS_HOOK_UNMAP:
	case DMS_HOOK_UNMAP_SG:
		return "unmaps";
	case DMS_HOOK_ALLOC:
		return "allocations";
	case DMS_HOOK_FREE:
		return "frees";
	case DMS_HOOK_SWIOTLB_MAP:
		return "slot searches";
	case DMS_HOOK_SWIOTLB_UNMAP:
		return "slot releases";
	case DMS_HOOK_SHARE:
		return "shares";
	case DMS_HOOK_UNSHARE:
		return "unshares";
	default:
		return NULL;
	}
}

void words__hole(const struct cover_hole *hole, char *out, size_t n)
{
	const char *hits = hits_of(hole->hook), *name = dms_hook_name(hole->hook);
	char what[DMS_NAME_LEN];

	if (hits)
		snprintf(what, sizeof(what), "%s", hits);
	else
		snprintf(what, sizeof(what), "hits of %s", name);
	switch (hole->why) {
	case COVER_LOST:
		snprintf(out, n, "%" PRIu64 " %s lost", hole->lost, what);
		break;
	case COVER_TRIMMED:
		snprintf(out, n, "%" PRIu64 " %s discarded by the flight recorder", hole->lost,
			 what);
		break;
	case COVER_FILTERED:
		snprintf(out, n, "%s filtered", what);
		break;
	case COVER_MISSING:
		snprintf(out, n, "the hook %s is not attached", name);
		break;
	case COVER_UNPLACED:
		snprintf(out, n, "the addresses of some %s are unknown", what);
		break;
	case COVER_UNREPORTED:
		snprintf(out, n, "this kernel does not report skipped kprobes");
		break;
	case COVER_CUT:
		snprintf(out, n, "the end of the trace is missing");
		break;
	case COVER_LISTING:
		snprintf(out, n, "the list of windows and pools is cut off");
		break;
	case COVER_REDACTED:
		snprintf(out, n, "the addresses were redacted without their order");
		break;
	case COVER_COUNTED:
		snprintf(out, n, "single mappings are not followed in this mode");
		break;
	default:
		snprintf(out, n, "nothing is missing");
	}
}

static bool same_hole(const struct cover_hole *a, const struct cover_hole *b)
{
	return a->why == b->why && a->hook == b->hook && a->lost == b->lost;
}

int words__unjudged(const struct state *m, char **out)
{
	struct state_unjudged u[STATE_UNJUDGED];
	size_t i, k, n = state__unjudged(m, u, STATE_UNJUDGED), size;
	char why[DMS_TEXT_LEN], *text = NULL;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return -ENOMEM;
	n = n < STATE_UNJUDGED ? n : STATE_UNJUDGED;
	for (i = 0; i < n; i++) {
		if (!u[i].id)
			continue;
		fprintf(f, "%s%s", i ? "; " : "", u[i].id);
		for (k = i + 1; k < n; k++) {
			if (!u[k].id || !same_hole(&u[i].hole, &u[k].hole))
				continue;
			fprintf(f, ", %s", u[k].id);
			u[k].id = NULL;
		}
		words__hole(&u[i].hole, why, sizeof(why));
		fprintf(f, " (%s)", why);
	}
	if (fclose(f)) {
		free(text);
		return -ENOMEM;
	}
	*out = text;
	return 0;
}
