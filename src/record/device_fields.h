/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The fields of struct rec_device that traces carry, each once, in the order of the file. Made from
 * this list: encoder and decoder (src/trace/device.c), the device in `report --json`, the device in
 * doc/trace.schema.json (`make schema`) and the random records of the tests.
 *
 * F(name, kind, member, known, flags)
 *   name	in JSON
 *   kind	TEXT (an array of char), BOOL, U8, U16, U32 (numbers), U64 (a decimal count),
 *		HEX (an address, mask or set of bits), OPS (a symbol; "": none, "?": no name)
 *   member	of struct rec_device
 *   known	the bit (DMS_DS_*, DEV_KNOWN_*) that is set if it was observed; 0: it always is
 *   flags	DF_*, or 0
 */
#ifndef DMASCOPE_DEVICE_FIELDS_H
#define DMASCOPE_DEVICE_FIELDS_H

#define DF_SINCE_1_0	1	/* each trace of format 1.0 has it */
#define DF_SPARSE	2	/* left out of traces when not known, instead of null */
#define DF_SHARES_BIT	4	/* known by the bit of a field above, which decides for it */
#define DF_REPORT	8	/* also in the devices of `report --json` */

#define DEVICE_FIELDS(F)								\
	F(name, TEXT, name, 0, DF_SINCE_1_0)						\
	F(bus, TEXT, bus, 0, DF_SINCE_1_0)						\
	F(driver, TEXT, driver, DEV_KNOWN_DRIVER, DF_SINCE_1_0 | DF_REPORT)		\
	F(kind, TEXT, kind, 0, DF_SINCE_1_0 | DF_REPORT)				\
	F(vendor, U16, vendor, 0, DF_SINCE_1_0)						\
	F(device, U16, device, 0, DF_SINCE_1_0)						\
	F(removed, BOOL, removed, 0, DF_SINCE_1_0)					\
	F(preexisting, BOOL, preexisting, 0, DF_SINCE_1_0)				\
	F(virtio_features, HEX, virtio_features, DEV_KNOWN_FEATURES, DF_SINCE_1_0)	\
	F(mask, HEX, st.dma_mask, DMS_DS_MASK, DF_SINCE_1_0)				\
	F(coherent_mask, HEX, st.coherent_mask, DMS_DS_COHERENT_MASK, DF_SINCE_1_0)	\
	F(bus_limit, HEX, st.bus_limit, DMS_DS_BUS_LIMIT, DF_SINCE_1_0)			\
	F(ops, OPS, ops, DMS_DS_OPS, DF_SINCE_1_0)					\
	F(bypass, U8, st.bypass, DMS_DS_BYPASS, DF_SINCE_1_0)				\
	F(dma_offset, HEX, st.dma_offset, DMS_DS_OFFSET, DF_SINCE_1_0)			\
	F(liobn, U32, st.liobn, DMS_DS_TABLE, DF_SINCE_1_0)				\
	F(table_offset, HEX, st.table_offset, DMS_DS_TABLE, DF_SINCE_1_0 | DF_SHARES_BIT) \
	F(table_size, U64, st.table_size, DMS_DS_TABLE, DF_SINCE_1_0 | DF_SHARES_BIT)	\
	F(table_page_shift, U8, st.table_page_shift, DMS_DS_TABLE,			\
	  DF_SINCE_1_0 | DF_SHARES_BIT)							\
	F(pool_start, HEX, st.pool_start, DMS_DS_POOL, DF_SINCE_1_0)			\
	F(pool_end, HEX, st.pool_end, DMS_DS_POOL, DF_SINCE_1_0 | DF_SHARES_BIT)	\
	F(pool_nslabs, U64, st.pool_nslabs, DMS_DS_POOL, DF_SINCE_1_0 | DF_SHARES_BIT)	\
	F(pool_areas, U32, st.pool_areas, DMS_DS_POOL, DF_SINCE_1_0 | DF_SHARES_BIT)	\
	F(pool_used, U64, st.pool_used, DMS_DS_POOL_USED, DF_SINCE_1_0)			\
	F(force_bounce, U8, st.force_bounce, DMS_DS_FORCE_BOUNCE, DF_SINCE_1_0)		\
	F(cc_shared, U8, st.cc_shared, DMS_DS_CC_SHARED, 0)				\
	F(dma_iommu, U8, st.dma_iommu, DMS_DS_DMA_IOMMU, DF_SINCE_1_0)			\
	F(may_skip_unmap, U8, st.may_skip_unmap, DMS_DS_SKIP_UNMAP, DF_SPARSE)		\
	F(cc_accepted, U8, st.cc_accepted, DMS_DS_CC_ACCEPTED, DF_SPARSE | DF_REPORT)	\
	F(iommu, TEXT, iommu, DEV_KNOWN_IOMMU, DF_SPARSE | DF_REPORT)			\
	F(iommu_domain, TEXT, iommu_domain, DEV_KNOWN_IOMMU,				\
	  DF_SPARSE | DF_SHARES_BIT | DF_REPORT)					\
	F(external, BOOL, external, DEV_KNOWN_EXTERNAL, DF_SPARSE | DF_REPORT)

#endif /* DMASCOPE_DEVICE_FIELDS_H */
