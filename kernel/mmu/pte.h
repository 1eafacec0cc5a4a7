/*
 * Page-table entries: the bits of one entry, and what they mean. Chapter "Page Table Management";
 * privileged specification, "Sv39: Page-Based 39-bit Virtual-Memory System", "Sv48", "Sv57".
 * Only mmu/ and riscv/ name these bits; all other code calls the functions below.
 *
 * A virtual address is cut into fields of 9 bits, each the index into one table, and an offset:
 *
 *            56      48 47      39 38      30 29      21 20      12 11         0
 *           +----------+----------+----------+----------+----------+------------+
 *     Sv57  |  level 4 |  level 3 |  level 2 |  level 1 |  level 0 |   offset   |
 *     Sv48             |  level 3 |  level 2 |  level 1 |  level 0 |   offset   |
 *     Sv39                        |  level 2 |  level 1 |  level 0 |   offset   |
 *                                 +----------+----------+----------+------------+
 *
 * The bits above must all equal the highest bit that is used, or the access faults. So one half
 * of the addresses begins at 0 (user), the other ends at the top (kernel).
 *
 * An entry has 64 bits:
 *
 *      63   62 61   60  54   53               10   9   8   7   6   5   4   3   2   1   0
 *     +---+-------+--------+--------------------+---+---+---+---+---+---+---+---+---+---+
 *     | N |  PBMT |   0    | frame number (PPN) |  RSW  | D | A | G | U | X | W | R | V |
 *     +---+-------+--------+--------------------+---+---+---+---+---+---+---+---+---+---+
 *
 *     V     valid; if it is 0 the hardware faults, and software may use all other bits
 *     R W X read, write, execute. All three 0: the entry leads to a table, one level down. Else it
 *           is a leaf, which maps a page. W without R is reserved.
 *     U     user mode may access the page; the kernel may not (sstatus.SUM is 0)
 *     G     the mapping is the same in all address spaces (the kernel's own)
 *     A D   accessed, dirty (stored into) since software cleared the bit. Some machines set them;
 *           others raise a page fault so that software does
 *     RSW   for software, ignored by hardware; see below
 *     N, PBMT  extensions that xv39 does not use: 0
 *
 * xv39 tells four kinds of leaf entry apart, by pte_kind():
 *
 *                frame number   bit 9   bit 8   7 .. 1   V
 *     empty          0            0       0       0      0   nothing here
 *     present        frame      wired     0     as above 1   mapped
 *     none           frame      wired     1       0      0   PROT_NONE: no access, page kept
 *     swap         swap slot      1       0       0      0   the page is in swap
 *
 *     wired: mlock; the page stays in memory.
 *
 * An access sets A, and perhaps D, at any time while V is 1. So a valid entry is changed only by an
 * atomic operation that returns the old value: a plain store could lose a D bit.
 */
#pragma once

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

static inline bool pte_maps(pte_t pte, pfn_t pfn) /* present, with this frame? */
{
    return (pte & PTE_V) && pte_pfn(pte).number == pfn.number;
}

static inline bool pte_has_frame(pte_t pte) /* present or none? */
{
    return pte & (PTE_V | PTE_SOFT_NONE);
}

/* The entry of kind none: no access is allowed, but the page is kept. */
static inline pte_t pte_make_none(pfn_t pfn)
{
    return pte_make(pfn, PTE_SOFT_NONE);
}

/* The entry of kind swap. */
static inline pte_t pte_make_swap(swp_entry_t slot)
{
    return pte_make((pfn_t){slot.number}, PTE_SOFT_SWAP);
}

static inline swp_entry_t pte_swap_slot(pte_t pte)
{
    return (swp_entry_t){(uint32_t)pte_pfn(pte).number};
}

/* Must the page stay in memory (mlock)? True also for wired pages of kind none. */
static inline bool pte_is_wired(pte_t pte)
{
    return pte_has_frame(pte) && (pte & PTE_SOFT_WIRED);
}

/*
 * Sets or clears bits of a valid entry, and returns the old value.
 * Locks: the page table's, held since the entry was seen to be valid: bits set in an entry that was
 * emptied meanwhile would turn it into some other kind.
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

/* Marks the page of an entry with a frame, valid or not, as wired, or no longer so. Locks: same. */
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

/* What a user access needs, and what an area or an entry allows: one bit each. */
enum access {
    ACCESS_READ = PTE_R,
    ACCESS_WRITE = PTE_W,
    ACCESS_EXEC = PTE_X,
};

/* May user mode make this access through the entry, but for A and D? */
static inline bool pte_allows(pte_t pte, enum access access)
{
    return (pte & (PTE_V | PTE_U | access)) == (PTE_V | PTE_U | access);
}

/* Is A set, and for a store also D, so that no machine faults for their sake? */
static inline bool pte_marked(pte_t pte, enum access access)
{
    return (pte & PTE_A) && (access != ACCESS_WRITE || (pte & PTE_D));
}

/* The A and D bits of a present entry; 0 for others. */
static inline uint64_t pte_marks(pte_t pte)
{
    return pte & PTE_V ? pte & (PTE_A | PTE_D) : 0;
}

/*
 * Makes a present user entry. allowed: ACCESS_... bits, at least one.
 * A is set, because an access follows. If it is writable then D is set as well, because a page is
 * mapped writable only when a store follows; and R, because W without R is reserved.
 */
static inline pte_t pte_make_user(pfn_t pfn, uint64_t allowed)
{
    uint64_t bits = PTE_V | PTE_U | PTE_A | allowed;

    if (allowed & PTE_W)
        bits |= PTE_R | PTE_D;
    return pte_make(pfn, bits);
}

/* The same entry without A: for a page that is mapped before anything accessed it. */
static inline pte_t pte_unused(pte_t pte)
{
    return pte & ~(pte_t)PTE_A;
}

/* Reads an entry in one piece, because hardware and other harts may be changing it. */
static inline pte_t pte_load(const pte_t *ptep)
{
    return __atomic_load_n(ptep, __ATOMIC_RELAXED);
}

/*
 * Stores an entry in place of one that is not valid. No fence is needed: a hart that still goes by
 * the old value faults, and that fault (FAULT_KIND_SPURIOUS) fences. Release: the content of the
 * frame, or of the table that the entry leads to, is visible before the entry is.
 */
static inline void pte_set(pte_t *ptep, pte_t pte)
{
    tlb_check_set(pte_load(ptep));
    __atomic_store_n(ptep, pte, __ATOMIC_RELEASE);
}

/*
 * Replaces a valid entry, the one for va in table. Returns the old one, with its final A and D.
 * If a permission or the frame changes the caller must fence (mmu/tlb.h) before it relies on that.
 */
static inline pte_t pte_swap(struct page_table *table, uint64_t va, pte_t *ptep, pte_t pte)
{
    pte_t old = __atomic_exchange_n(ptep, pte, __ATOMIC_ACQ_REL);

    tlb_check_change(table, va, old, pte);
    return old;
}

/* Takes the write permission from a valid entry; A and D stay. The caller must fence. */
static inline void pte_write_protect(struct page_table *table, uint64_t va, pte_t *ptep)
{
    pte_t old = pte_clear_bits(ptep, PTE_W);

    tlb_check_change(table, va, old, old & ~(pte_t)PTE_W);
}

/* Gives a valid, readable entry the write permission, because a store follows. */
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
 * Was the page accessed through this present entry since the last call? Clears A. If the result is
 * true the caller must fence: a hart that still caches the entry with A set does not set A again.
 */
static inline bool pte_test_clear_accessed(struct page_table *table, uint64_t va, pte_t *ptep)
{
    pte_t old = pte_clear_bits(ptep, PTE_A);

    if (old & PTE_A)
        tlb_check_change(table, va, old, old & ~(pte_t)PTE_A);
    return old & PTE_A;
}

/* The entry that fork gives the child: the same frame or slot, not writable, not wired. */
static inline pte_t pte_shared(pte_t pte)
{
    return pte_has_frame(pte) ? pte & ~(pte_t)(PTE_W | PTE_SOFT_WIRED) : pte;
}
