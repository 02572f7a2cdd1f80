// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults of an Arm SMMU v3 and of a virtio-iommu. Both write them into a queue in memory, and
 * their drivers print them, rate-limited, without any event and in functions that are inlined. So
 * the function that empties the queue is probed: the queue is read at its entry, and faults that
 * came while it ran are read or counted at its return. No twin for fexit: the queue is empty then.
 */
#include "lib/endpoint.h"
#include "lib/fault.h"

#define AT_MOST		128	/* of one run; more are counted as dropped */

enum { Q_UNIT, Q_READ };	/* struct inflight: the IOMMU or its queue; position read up to */

struct fault {
	u64 iommu;
	u64 addr;
	u32 id;
	u8 dir;
	u8 why;
};

static __always_inline void send(struct dms_counts *c, u32 hook, const struct fault *f)
{
	u64 key = endpoint_device(f->iommu, f->id);
	struct dms_event *e;

	/* --device is applied to an unknown one in src/source/live.c */
	if (key && !dev_wanted(key)) {
		count(c, filtered);
		return;
	}
	e = fault_reserve(c, hook, key ? key : f->iommu + f->id);
	if (!e)
		return;
	e->dev = key;
	e->dma = f->addr;
	e->aux = f->id;
	e->ret = f->why;
	e->dir = f->dir;
	event_submit(c, e);
}

/* Faults that are not read. */
static __always_inline void drop(u32 hook, u32 n)
{
	struct dms_counts *c = counts_of(hook);

	if (c) {
		c->hits += n;
		c->dropped += n;
	}
}

/* ---- Arm SMMU v3 ---- */

/* Arm IHI 0070, event records; drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.h, 5.4 to 7.3 */
#define EVT_WORDS	4
#define EVT_ID(e)	((e)[0] & 0xff)
#define EVT_HAS_SSID(e)	((e)[0] >> 11 & 1)
#define EVT_SSID(e)	((e)[0] >> 12 & 0xfffff)
#define EVT_SID(e)	((e)[0] >> 32)
#define EVT_STALLS(e)	((e)[1] >> 31 & 1)
#define EVT_READS(e)	((e)[1] >> 35 & 1)

/*
 * A translation, address size, access or permission fault that ended the access. A stalled one may
 * be resolved, and one with a substream id means an address of a process: both are no DMA of the
 * DMA API. The other events have no address of an access.
 */
static __always_inline bool is_refusal(const u64 *evt)
{
	return EVT_ID(evt) >> 2 == 0x10 >> 2 && !EVT_STALLS(evt) &&
	       !(EVT_HAS_SSID(evt) && EVT_SSID(evt));
}

/* Weak and global: verified once. */
__weak __noinline int smmu_event(u64 iommu, u64 at)
{
	struct dms_counts *c = hit(DMS_HOOK_SMMU_FAULT);
	struct fault f = { .iommu = iommu };
	u64 evt[EVT_WORDS] = {};

	if (bpf_probe_read_kernel(evt, sizeof(evt), (void *)at)) {
		count(c, failed);
		return 0;
	}
	if (!is_refusal(evt)) {
		count(c, ignored);
		return 0;
	}
	f.addr = evt[2];
	f.id = EVT_SID(evt);
	f.dir = EVT_READS(evt) ? DMS_DIR_TO_DEVICE : DMS_DIR_FROM_DEVICE;
	f.why = EVT_ID(evt);
	send(c, DMS_HOOK_SMMU_FAULT, &f);
	return 0;
}

/* Positions in the queue count to twice its size, by which a full one differs from an empty one. */
static __always_inline void smmu_read(struct arm_smmu_device *smmu, u32 from, u32 to)
{
	u32 mask = (2U << (RD(smmu, evtq.q.llq.max_n_shift) & 31)) - 1, n = (to - from) & mask;
	u64 base = (u64)RD(smmu, evtq.q.base), iommu = (u64)RD(smmu, dev);

	for (u32 i = 0; i < AT_MOST && i < n; i++)
		smmu_event(iommu, base + (from + i & mask >> 1) * EVT_WORDS * sizeof(u64));
	if (n > AT_MOST)
		drop(DMS_HOOK_SMMU_FAULT, n - AT_MOST);
}

static __always_inline bool smmu_is_known(struct arm_smmu_device *smmu)
{
	return bpf_core_field_exists(smmu->evtq.q.base) &&
	       bpf_core_field_exists(smmu->evtq.q.prod_reg) &&
	       bpf_core_field_exists(smmu->evtq.q.llq.cons);
}

/* arm_smmu_evtq_thread(irq, dev): dev is the SMMU, whose register says what it wrote up to. */
static __always_inline void smmu_fault_args(probe_ctx *ctx, struct inflight *in)
{
	u64 unit = arg_number(ctx, DMS_HOOK_SMMU_FAULT, DMS_ARG_UNIT);
	struct arm_smmu_device *smmu = (struct arm_smmu_device *)unit;
	u32 from, to;

	in->arg[Q_UNIT] = unit;
	if (!smmu_is_known(smmu))
		return;
	from = RD(smmu, evtq.q.llq.cons);
	if (bpf_probe_read_kernel(&to, sizeof(to), RD(smmu, evtq.q.prod_reg)))
		to = from;
	in->arg[Q_READ] = to;
	smmu_read(smmu, from, to);
}

/* The call itself is no observation; its queue is not written again until it was full. */
static __always_inline int smmu_fault_done(probe_ctx *ctx, struct inflight *in, u64 ret,
					   struct dms_counts *c)
{
	struct arm_smmu_device *smmu = (struct arm_smmu_device *)in->arg[Q_UNIT];

	if (!smmu_is_known(smmu)) {
		count(c, failed);
		return 0;
	}
	smmu_read(smmu, in->arg[Q_READ], RD(smmu, evtq.q.llq.cons));
	count(c, ignored);
	return 0;
}
PROBE_PAIR(smmu_fault, DMS_HOOK_SMMU_FAULT, smmu_fault_args, smmu_fault_done)

/* ---- virtio-iommu ---- */

/*
 * include/uapi/linux/virtio_iommu.h; its numbers are little-endian, as are all machines that have
 * the driver (drivers/iommu/Kconfig: arm64, x86)
 */
struct viommu_fault {
	u8 reason;
	u8 reserved[3];
	u32 flags;
	u32 endpoint;
	u32 pad;
	u64 address;
};
#define VFAULT_READ	1
#define VFAULT_WRITE	2
#define VFAULT_ADDRESS	0x100

static __always_inline u8 viommu_dir(u32 flags)
{
	if (flags & VFAULT_WRITE)
		return DMS_DIR_FROM_DEVICE;
	return flags & VFAULT_READ ? DMS_DIR_TO_DEVICE : DMS_DIR_NONE;
}

/* A split ring, which is what a virtio-iommu of today has. */
static __always_inline bool ring_is_known(struct vring_virtqueue *vq)
{
	if (!bpf_core_field_exists(vq->split.desc_state) ||
	    !bpf_core_field_exists(vq->last_used_idx))
		return false;
	if (bpf_core_field_exists(vq->packed_ring))
		return !RD(vq, packed_ring);
	return bpf_core_field_exists(vq->layout) &&
	       RD(vq, layout) == bpf_core_enum_value(enum vq_layout, VQ_LAYOUT_SPLIT);
}

static __always_inline u16 ring_used(struct vring_virtqueue *vq)
{
	struct vring_used *used = RD(vq, split.vring.used);

	return used ? RD(used, idx) : RD(vq, last_used_idx);
}

/* The buffer of a used entry; 0: it cannot be read. */
static __always_inline u64 ring_buffer(struct vring_virtqueue *vq, u16 n)
{
	u32 num = RD(vq, split.vring.num), id = 0;
	u64 used = (u64)RD(vq, split.vring.used), state = (u64)RD(vq, split.desc_state), data = 0;

	/* struct vring_used: two u16, then entries of id and length, u32 each */
	bpf_probe_read_kernel(&id, sizeof(id), (void *)(used + 4 + (n & (num - 1)) * 8));
	if (id >= num)
		return 0;
	bpf_probe_read_kernel(&data, sizeof(data), (void *)
			      (state + id * bpf_core_type_size(struct vring_desc_state_split) +
			       bpf_core_field_offset(struct vring_desc_state_split, data)));
	return data;
}

static __always_inline struct vring_virtqueue *ring_of_queue(u64 vq)
{
	return (void *)(vq - bpf_core_field_offset(struct vring_virtqueue, vq));
}

/* Weak and global: verified once. n: which of the used entries. */
__weak __noinline int viommu_event(u64 iommu, u64 vq, u32 n)
{
	struct dms_counts *c = hit(DMS_HOOK_VIRTIO_FAULT);
	u64 at = ring_buffer((struct vring_virtqueue *)vq, n);
	struct fault f = { .iommu = iommu };
	struct viommu_fault v = {};

	if (!at || bpf_probe_read_kernel(&v, sizeof(v), (void *)at)) {
		count(c, failed);
		return 0;
	}
	if (!(v.flags & VFAULT_ADDRESS) || v.reserved[0] || v.reserved[1] || v.reserved[2]) {
		count(c, ignored);
		return 0;
	}
	f.addr = v.address;
	f.id = v.endpoint;
	f.dir = viommu_dir(v.flags);
	f.why = v.reason;
	send(c, DMS_HOOK_VIRTIO_FAULT, &f);
	return 0;
}

/* viommu_event_handler(vq) */
static __always_inline void viommu_fault_args(probe_ctx *ctx, struct inflight *in)
{
	u64 queue = arg_number(ctx, DMS_HOOK_VIRTIO_FAULT, DMS_ARG_UNIT), iommu;
	struct vring_virtqueue *vq = ring_of_queue(queue);
	u16 from, n;

	in->arg[Q_UNIT] = queue;
	if (!ring_is_known(vq))
		return;
	iommu = (u64)RD((struct virtqueue *)queue, vdev) +
		bpf_core_field_offset(struct virtio_device, dev);
	from = RD(vq, last_used_idx);
	n = ring_used(vq) - from;
	in->arg[Q_READ] = (u16)(from + n);
	for (u32 i = 0; i < AT_MOST && i < n; i++)
		viommu_event(iommu, (u64)vq, from + i);
	if (n > AT_MOST)
		drop(DMS_HOOK_VIRTIO_FAULT, n - AT_MOST);
}

/* The device may have written to the buffers again: faults that came meanwhile are only counted. */
static __always_inline int viommu_fault_done(probe_ctx *ctx, struct inflight *in, u64 ret,
					     struct dms_counts *c)
{
	struct vring_virtqueue *vq = ring_of_queue(in->arg[Q_UNIT]);
	u16 n;

	if (!ring_is_known(vq)) {
		count(c, failed);
		return 0;
	}
	n = RD(vq, last_used_idx) - in->arg[Q_READ];
	drop(DMS_HOOK_VIRTIO_FAULT, n);
	count(c, ignored);
	return 0;
}
PROBE_PAIR(viommu_fault, DMS_HOOK_VIRTIO_FAULT, viommu_fault_args, viommu_fault_done)
