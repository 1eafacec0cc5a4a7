/*
 * Writing the trace. Only a hart itself writes its ring, with interrupts off, so no lock is needed.
 * The host takes a record for complete when `written` counts it.
 */
#include "sync/trace.h"

#include "riscv/csr.h"

struct trace_ring trace_rings[MAX_HARTS];
uint32_t (*trace_pid_hook)(void);

void trace_give_ring(uint32_t hart, struct trace_record *records, uint64_t capacity, bool on)
{
    trace_rings[hart] = (struct trace_ring){records, capacity, 0};
    __atomic_store_n(&harts[hart].trace_on, on, __ATOMIC_RELEASE);
}

void trace_write(int pid, enum trace_type type, uint64_t va, uint64_t pfn, uint32_t extra)
{
    uint64_t flags = interrupts_save();
    uint32_t hart = hart_index();
    struct trace_ring *ring = &trace_rings[hart];

    if (pid == TRACE_OF_RUNNING)
        pid = trace_pid_hook ? (int)trace_pid_hook() : 0;
    if (ring->capacity != 0) { /* the host may set trace_on though there is no ring */
        ring->records[ring->written % ring->capacity] = (struct trace_record){
            .when = csr_read(cycle),
            .va = va,
            .pfn = (uint32_t)pfn,
            .pid = (uint32_t)pid,
            .type = (uint16_t)type,
            .hart = (uint16_t)hart,
            .extra = extra,
        };
        __atomic_store_n(&ring->written, ring->written + 1, __ATOMIC_RELEASE);
    }
    interrupts_restore(flags);
}
