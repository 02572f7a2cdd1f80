/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The table of findings. Ids are stable: never rename one. The order is the order among equals in
 * severity. A rule without hooks in `absent` rests on what was observed alone.
 *
 * ONCE(id, worst severity, hits it counts, hits that must not have been missed, guests, function)
 * EACH(the same): the function is called for each device.
 */
#ifndef DMASCOPE_RULES_TABLE_H
#define DMASCOPE_RULES_TABLE_H

#define RULE_TABLE(ONCE, EACH) \
	ONCE("no-bounce-pool", STATE_ERROR, 0, 0, RULE_SECURE, find_no_bounce_pool) \
	ONCE("bounce-not-forced", STATE_ERROR, 0, 0, RULE_SECURE, find_bounce_not_forced) \
	ONCE("mapping-leak", STATE_ERROR, 0, COVER_UNMAPS, RULE_TREND, find_mapping_leak) \
	EACH("request-too-big", STATE_ERROR, COVER(SWIOTLB_MAP), 0, RULE_POOL, \
	     find_request_too_big) \
	EACH("pool-unusable", STATE_ERROR, 0, COVER_BOUNCES, RULE_SECURE, find_pool_unusable) \
	ONCE("pool-full", STATE_ERROR, COVER(SWIOTLB_MAP), COVER_BOUNCES | COVER_UNBOUNCES, \
	     RULE_POOL, find_pool_full) \
	ONCE("pool-fragmented", STATE_ERROR, COVER(SWIOTLB_MAP), \
	     COVER_BOUNCES | COVER_UNBOUNCES, RULE_POOL, find_pool_fragmented) \
	EACH("pool-above-mask", STATE_ERROR, COVER(SWIOTLB_MAP), COVER_MASKS, \
	     RULE_POOL | RULE_PLACES, find_pool_above_mask) \
	EACH("bounce-without-pool", STATE_ERROR, 0, COVER_MASKS, 0, find_bounce_without_pool) \
	EACH("private-dma", STATE_ERROR, 0, COVER_SHARES, RULE_SECURE, find_private_dma) \
	EACH("virtio-no-access-platform", STATE_ERROR, 0, COVER_MAPS, RULE_SECURE, \
	     find_virtio_no_access_platform) \
	EACH("userspace-driver", STATE_WARNING, 0, 0, RULE_SECURE, find_userspace_driver) \
	ONCE("mapped-beyond-mask", STATE_ERROR, 0, COVER_MASKS | COVER_UNMAPS, RULE_PLACES, \
	     find_beyond_mask) \
	EACH("dma-without-tce", STATE_ERROR, 0, COVER_TCE_SETS | COVER_UNMAPS, \
	     RULE_TCE | RULE_LISTS | RULE_PLACES, find_dma_without_tce) \
	EACH("pool-outside-window", STATE_WARNING, 0, COVER_TCE_SETS, \
	     RULE_TCE | RULE_LISTS | RULE_PLACES, find_pool_outside_window) \
	ONCE("freed-while-shared", STATE_ERROR, 0, COVER_UNSHARES, RULE_SECURE, \
	     find_freed_while_shared) \
	ONCE("unshared-while-mapped", STATE_ERROR, 0, COVER_UNMAPS, RULE_SECURE, \
	     find_unshared_while_mapped) \
	ONCE("share-failed", STATE_ERROR, COVER(SHARE), 0, RULE_SECURE, find_share_failed) \
	ONCE("tce-refused", STATE_ERROR, 0, 0, RULE_TCE, find_tce_refused) \
	ONCE("tce-stale", STATE_ERROR, 0, COVER_TCE_CLEARS | COVER_MAPS, RULE_TCE, \
	     find_tce_stale) \
	ONCE("tce-indirect-private", STATE_WARNING, 0, COVER_SHARES, RULE_SECURE | RULE_TCE, \
	     find_tce_indirect_private) \
	EACH("tce-table-full", STATE_ERROR, COVER(IOMMU_MAP), 0, RULE_TCE, find_tce_table_full) \
	EACH("path-mismatch", STATE_ERROR, COVER(MAP), COVER_MAPS | COVER_UNMAPS, 0, \
	     find_path_mismatch) \
	ONCE("not-copied-back", STATE_ERROR, 0, COVER_UNBOUNCES, RULE_POOL, \
	     find_not_copied_back) \
	EACH("leak-at-remove", STATE_ERROR, 0, COVER_UNMAPS, 0, find_leak_at_remove) \
	EACH("api-misuse", STATE_ERROR, COVER(MAP) | COVER(MAP_SG), COVER_MAPS | COVER_UNMAPS, \
	     0, find_api_misuse) \
	EACH("past-object", STATE_ERROR, 0, 0, 0, find_past_object) \
	EACH("fault-after-unmap", STATE_ERROR, COVER_FAULTS, COVER_MAPS | COVER(DOMAIN_MAP), \
	     RULE_FAULTS | RULE_PLACES, find_fault_after_unmap) \
	EACH("fault-wrong-direction", STATE_ERROR, COVER_FAULTS, \
	     COVER_MAPS | COVER_UNMAPS | COVER(DOMAIN_MAP), RULE_FAULTS | RULE_PLACES, \
	     find_fault_wrong_direction) \
	EACH("fault-unmapped", STATE_ERROR, COVER_FAULTS, COVER_MAPS | COVER(DOMAIN_MAP), \
	     RULE_FAULTS | RULE_PLACES, find_fault_unmapped) \
	EACH("device-frozen", STATE_ERROR, COVER(EEH), 0, 0, find_device_frozen) \
	EACH("coherent-refused", STATE_ERROR, 0, COVER_BOUNCES, 0, find_coherent_refused) \
	EACH("map-failed", STATE_WARNING, COVER(SWIOTLB_MAP), 0, 0, find_map_failed) \
	EACH("accepted-bounced", STATE_WARNING, COVER(MAP) | COVER(SWIOTLB_MAP), COVER_MASKS, \
	     RULE_SECURE, find_accepted_bounced) \
	EACH("small-mask", STATE_WARNING, 0, COVER_MAPS | COVER_MASKS, \
	     RULE_SECURE | RULE_TCE | RULE_LISTS, find_small_mask) \
	EACH("ddw-missing", STATE_WARNING, 0, COVER_MASKS, RULE_TCE | RULE_LISTS, \
	     find_ddw_missing) \
	EACH("ddw-degraded", STATE_WARNING, 0, COVER_MASKS, RULE_TCE | RULE_LISTS, \
	     find_ddw_degraded) \
	ONCE("share-growth", STATE_WARNING, 0, COVER_UNSHARES, RULE_SECURE | RULE_TREND, \
	     find_share_growth) \
	ONCE("conversion-storm", STATE_WARNING, COVER(SHARE), 0, RULE_SECURE, \
	     find_conversion_storm) \
	ONCE("pool-pressure", STATE_WARNING, 0, COVER_UNBOUNCES, RULE_POOL | RULE_TREND, \
	     find_pool_pressure) \
	ONCE("tce-table-pressure", STATE_WARNING, 0, COVER_TCE_CLEARS, RULE_TCE | RULE_TREND, \
	     find_tce_table_pressure) \
	ONCE("all-bounced", STATE_NOTE, 0, 0, 0, find_all_bounced) \
	EACH("mask-below-memory", STATE_NOTE, 0, COVER_MASKS, 0, find_mask_below_memory) \
	EACH("window-above-mask", STATE_NOTE, 0, COVER_MASKS, RULE_TCE, \
	     find_window_above_mask) \
	EACH("bounced-unforced", STATE_NOTE, 0, COVER_MASKS, 0, find_bounced_unforced) \
	EACH("mixed-paths", STATE_NOTE, 0, 0, RULE_TCE, find_mixed_paths) \
	EACH("unexpected-path", STATE_NOTE, 0, 0, 0, find_unexpected_path) \
	ONCE("window-wide", STATE_NOTE, 0, 0, RULE_SECURE | RULE_TCE, find_window_wide) \
	ONCE("pool-oversized", STATE_NOTE, 0, COVER_BOUNCES, RULE_POOL | RULE_TREND, \
	     find_pool_oversized)

#endif /* DMASCOPE_RULES_TABLE_H */
