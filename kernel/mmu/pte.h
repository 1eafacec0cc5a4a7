/*
 * Page-table entries (privileged specification, "Sv39: Page-Based 39-bit Virtual-Memory System").
 * Only mmu/ and riscv/ name these bits; everybody else asks the functions below.
 *
 * Four kinds, told apart by pte_kind():
 *   empty    0
 *   present  V = 1 (a leaf; a table is met only inside mmu/)
 *   none     V = 0, frame kept: PROT_NONE and nothing else
 *   swap     V = 0, a swap slot
 */
#ifndef MMU_PTE_H
#define MMU_PTE_H

#include <stdbool.h>
#include <stdint.h>

#include "mem/page.h"
#include "mmu/tlb_check.h"
#include "sync/printf.h"

typedef uint64_t pte_t;
typedef struct { uint32_t number; } swp_entry_t; /* a swap slot */

enum pte_bit {
    PTE_V = 1 << 0,
    PTE_R = 1 << 1,
    PTE_W = 1 << 2,
    PTE_X = 1 << 3,
    PTE_U = 1 << 4,
    PTE_G = 1 << 5,
    PTE_A = 1 << 6,
    PTE_D = 1 << 7,
    PTE_SOFT_NONE = 1 << 8,  /* with V = 0: frame kept */
    PTE_SOFT_SWAP = 1 << 9,  /* with V = 0 and no frame: swap slot */
    PTE_SOFT_WIRED = 1 << 9, /* with a frame: mlock, the page stays */
};
/* A page of kernel data; A and D are set, for where the machine faults instead of setting them. */
#define PTE_KERNEL_DATA (PTE_V | PTE_R | PTE_W | PTE_G | PTE_A | PTE_D)
#define PTE_PFN_SHIFT 10
#define PTE_PFN_MASK ((1ul << 54) - (1ul << 10))

enum pte_kind { PTE_EMPTY, PTE_PRESENT, PTE_NONE, PTE_SWAP };

static inline enum pte_kind pte_kind(pte_t pte)
{
    if (pte & PTE_V)
        return PTE_PRESENT;
    if (pte & PTE_SOFT_NONE)
        return PTE_NONE;
    return pte & PTE_SOFT_SWAP ? PTE_SWAP : PTE_EMPTY;
}

static inline pfn_t pte_pfn(pte_t pte)
{
    return (pfn_t){(pte & PTE_PFN_MASK) >> PTE_PFN_SHIFT};
}

static inline pte_t pte_make(pfn_t pfn, uint64_t bits)
{
    return pfn.number << PTE_PFN_SHIFT | bits;
}

static inline bool pte_maps(pte_t pte, pfn_t pfn) /* a present entry, this frame */
{
    return (pte & PTE_V) && pte_pfn(pte).number == pfn.number;
}

static inline bool pte_has_frame(pte_t pte) /* present, or none with its frame kept */
{
    return pte & (PTE_V | PTE_SOFT_NONE);
}

/* The entry of a page that nobody may touch for now: not valid, the frame kept. */
static inline pte_t pte_make_none(pfn_t pfn)
{
    return pte_make(pfn, PTE_SOFT_NONE);
}

/* The entry of a page that is in swap. */
static inline pte_t pte_make_swap(swp_entry_t slot)
{
    return pte_make((pfn_t){slot.number}, PTE_SOFT_SWAP);
}

static inline swp_entry_t pte_swap_slot(pte_t pte)
{
    return (swp_entry_t){(uint32_t)pte_pfn(pte).number};
}

/* The page of the entry is to stay in memory, though nothing may touch it now: mlock. */
static inline bool pte_is_wired(pte_t pte)
{
    return pte_has_frame(pte) && (pte & PTE_SOFT_WIRED);
}

/*
 * The functions below that change bits of an entry want it to be valid. Locks: the page table's,
 * under which it was seen to be so: one that was emptied meanwhile would become a swap slot.
 */
static inline pte_t pte_set_bits(pte_t *ptep, pte_t bits)
{
    pte_t old = __atomic_fetch_or(ptep, bits, __ATOMIC_ACQ_REL);

    san_assert(old & PTE_V);
    return old;
}

static inline pte_t pte_clear_bits(pte_t *ptep, pte_t bits)
{
    pte_t old = __atomic_fetch_and(ptep, ~bits, __ATOMIC_ACQ_REL);

    san_assert(old & PTE_V);
    return old;
}

/* Of an entry with a frame, valid or not. */
static inline void pte_set_wired(pte_t *ptep, bool locked)
{
    pte_t old = locked ? __atomic_fetch_or(ptep, (pte_t)PTE_SOFT_WIRED, __ATOMIC_ACQ_REL)
                       : __atomic_fetch_and(ptep, ~(pte_t)PTE_SOFT_WIRED, __ATOMIC_ACQ_REL);

    san_assert(pte_has_frame(old));
    (void)old;
}

static inline pte_t pte_wired(pte_t pte, bool locked)
{
    return locked ? pte | PTE_SOFT_WIRED : pte & ~(pte_t)PTE_SOFT_WIRED;
}

static inline bool pte_is_table(pte_t pte)
{
    return (pte & (PTE_V | PTE_R | PTE_W | PTE_X)) == PTE_V;
}

/* What a user access needs of a present entry, and what an area allows. */
enum access {
    ACCESS_READ = PTE_R,
    ACCESS_WRITE = PTE_W,
    ACCESS_EXEC = PTE_X,
};

static inline bool pte_allows(pte_t pte, enum access access)
{
    return (pte & (PTE_V | PTE_U | access)) == (PTE_V | PTE_U | access);
}

/* Has the entry the A bit, and for a store the D bit, that the access wants? */
static inline bool pte_marked(pte_t pte, enum access access)
{
    return (pte & PTE_A) && (access != ACCESS_WRITE || (pte & PTE_D));
}

/* The A and D bits alone. */
static inline uint64_t pte_marks(pte_t pte)
{
    return pte & PTE_V ? pte & (PTE_A | PTE_D) : 0;
}

/*
 * A user leaf. allowed: ACCESS_... bits. It is born with A, and with D where it is writable: a page
 * is mapped writable only for a store. Write without read is a reserved encoding, so read comes
 * along.
 */
static inline pte_t pte_make_user(pfn_t pfn, uint64_t allowed)
{
    uint64_t bits = PTE_V | PTE_U | PTE_A | allowed;

    if (allowed & PTE_W)
        bits |= PTE_R | PTE_D;
    return pte_make(pfn, bits);
}

/* The same without A: whether it is used is to be seen. */
static inline pte_t pte_unused(pte_t pte)
{
    return pte & ~(pte_t)PTE_A;
}

/* A PTE is read in one piece: hardware and other harts change A and D. */
static inline pte_t pte_load(const pte_t *ptep)
{
    return __atomic_load_n(ptep, __ATOMIC_RELAXED);
}

/* Installs an entry where none was valid. */
static inline void pte_set(pte_t *ptep, pte_t pte)
{
    tlb_check_set(pte_load(ptep));
    __atomic_store_n(ptep, pte, __ATOMIC_RELEASE);
}

/*
 * Replaces a valid entry, the one for va in table; the old value says whether it was dirty. What is
 * lost by it must be fenced: see mmu/tlb_check.h, which holds callers to that.
 */
static inline pte_t pte_swap(struct page_table *table, uint64_t va, pte_t *ptep, pte_t pte)
{
    pte_t old = __atomic_exchange_n(ptep, pte, __ATOMIC_ACQ_REL);

    tlb_check_change(table, va, old, pte);
    return old;
}

/* Takes the write permission from a valid entry; A and D stay. To be fenced. */
static inline void pte_write_protect(struct page_table *table, uint64_t va, pte_t *ptep)
{
    pte_t old = pte_clear_bits(ptep, PTE_W);

    tlb_check_change(table, va, old, old & ~(pte_t)PTE_W);
}

/* Gives the write permission to a valid, readable entry, for a store that follows. */
static inline void pte_write_allow(pte_t *ptep)
{
    pte_set_bits(ptep, PTE_W | PTE_D | PTE_A);
}

/* Sets A, and for a store D, as hardware would. */
static inline void pte_mark(pte_t *ptep, enum access access)
{
    pte_set_bits(ptep, access == ACCESS_WRITE ? PTE_A | PTE_D : PTE_A);
}

/*
 * Was the page used through this present entry since it was asked last? To be fenced where it was,
 * for a hart that caches the entry does not set A again. Other harts set A and D meanwhile: that is
 * no plain store.
 */
static inline bool pte_test_clear_accessed(struct page_table *table, uint64_t va, pte_t *ptep)
{
    pte_t old = pte_clear_bits(ptep, PTE_A);

    if (old & PTE_A)
        tlb_check_change(table, va, old, old & ~(pte_t)PTE_A);
    return old & PTE_A;
}

/* The entry that fork gives the child: the same frame or slot, not writable, not locked. */
static inline pte_t pte_shared(pte_t pte)
{
    return pte_has_frame(pte) ? pte & ~(pte_t)(PTE_W | PTE_SOFT_WIRED) : pte;
}

#endif
