/*
 * Address-space identifiers. See mmu/asid.h.
 *
 * What always holds: two page tables never have the same context, and a hart uses a number of a
 * generation only after it has flushed since that generation began.
 */
#include "mmu/asid.h"

#include "riscv/csr.h"
#include "riscv/machine.h"
#include "sync/spinlock.h"

#define NUMBER_BITS 16
#define NUMBER_MASK ((1ul << NUMBER_BITS) - 1)
#ifdef SAN
#define BITS_MAX TLB_CHECK_ASID_BITS
#else
#define BITS_MAX NUMBER_BITS
#endif

uint32_t asid_bits;

/* Guards next and generation; generation is read freely. */
static struct spinlock lock = SPINLOCK("asid", RANK_ASID);
static uint64_t next = 1;
static uint64_t generation = 1;
static uint64_t hart_generation[MAX_HARTS]; /* each hart's own: the one it flushed for */

void asid_init(void)
{
    uint64_t wanted = boot_argument("asid") ? boot_number("asid") : BITS_MAX;
    uint64_t satp = csr_read(satp);
    uint64_t all = NUMBER_MASK << SATP_ASID_SHIFT;
    uint64_t kept;

    csr_write(satp, satp | all);
    kept = (csr_read(satp) & all) >> SATP_ASID_SHIFT;
    csr_write(satp, satp);
    while (asid_bits < wanted && asid_bits < BITS_MAX && (kept & (1ul << asid_bits)))
        asid_bits++;
}

/* Returns: generation and number for one more table. Locks: lock. */
static uint64_t context_new(void)
{
    if (next >> asid_bits) {
        generation++;
        next = 1;
    }
    return generation << NUMBER_BITS | next++;
}

uint64_t asid_enter(struct page_table *table, bool *flush)
{
    uint64_t now, context, flags;
    uint64_t *mine = &hart_generation[hart_index()];

    if (asid_bits == 0) {
        *flush = true;
        return 0;
    }
    now = __atomic_load_n(&generation, __ATOMIC_ACQUIRE);
    context = __atomic_load_n(&table->context, __ATOMIC_RELAXED);
    if (context >> NUMBER_BITS != now) {
        flags = spin_lock_irq(&lock); /* under a thread's, which handlers take */
        context = table->context; /* another hart may have been faster */
        if (context >> NUMBER_BITS != generation)
            context = context_new();
        __atomic_store_n(&table->context, context, __ATOMIC_RELAXED);
        spin_unlock_irq(&lock, flags);
    }
    *flush = *mine != context >> NUMBER_BITS;
    *mine = context >> NUMBER_BITS;
    return context & NUMBER_MASK;
}
