/*
 * The trace: what happens to pages, in records of 32 bytes. Each hart has a ring of them. The host
 * reads the rings from the machine's memory (tests/reader); the kernel never does.
 *
 * While the trace is off a site costs two instructions; a test counts the sites. A record's pid is
 * that of the running process, or 0, unless the line of its type says otherwise.
 *
 * Boot argument trace=N: each hart has a ring of N records (trace=1: TRACE_DEFAULT; at most
 * 131,072, the largest block of frames), and the trace is on from the start. trace=N,off: the trace
 * is off until the host writes 1 into trace_on of each struct hart.
 */
#pragma once

#include <stdint.h>

#include "riscv/hart.h"

#define TRACE_DEFAULT 4096u

/* The host knows these numbers. Each line says what va, pfn and extra mean if it is not obvious. */
enum trace_type {
    /* an access that the page table did not allow, by a user or for one by the kernel; pid: the
     * space's; extra: enum fault_flag */
    TRACE_FAULT = 1,
    /* a fault mapped the page, or a neighbour, at va of pid's space; extra: enum map_flag. While
     * exec builds a space its pid is 0. What an entry only gains or loses in permissions has no
     * record. */
    TRACE_MAP = 2,
    /* the entry for va in pid's space became a swap slot; one record for each entry. For a page of
     * an object: one record, pid 0, va: the offset. extra: 1: it will be written */
    TRACE_EVICT = 3,
    TRACE_SWAP_IN = 4,   /* was read; va: 0 (TRACE_MAP says where it is mapped); extra: slot */
    TRACE_SWAP_OUT = 5,  /* was written; va: page->index * 4096; extra: the slot */
    TRACE_FLUSH = 6,     /* on this hart; pfn: how many pages from va on; 0: the whole space */
    TRACE_SHOOTDOWN = 7, /* on other harts; extra: which, as bits; pfn: how many pages */
    TRACE_ALLOC = 8,     /* extra: the ledger class */
    TRACE_FREE = 9,      /* extra: the ledger class */
    TRACE_SWITCH = 10,   /* pid runs from here on; extra: the thread's number */
    TRACE_REFAULT = 11,  /* an evicted page is wanted again; extra: its stamp */
    /* entries of pid's space are empty now, if they were not before; pfn: how many from va on. A
     * space that exec has left has pid 0. */
    TRACE_UNMAP = 12,
    TRACE_FORK = 13, /* pid, the child, has a copy of the parent's entries, but for those of shared
                      * areas; extra: the parent's pid; 0: init, for which pid 0 did exec */
    /* pid has left its space for the one that was built; va: eight letters of its new name, the
     * first in the lowest byte */
    TRACE_EXEC = 14,
    TRACE_SLOT = 15, /* the entry that is evicted next becomes this slot; extra: the slot */
};

enum map_flag {
    MAP_STORES = 1, /* the entry allows stores */
    MAP_OF_SHARED = 2, /* it is of a shared area: fork does not copy it */
};

struct trace_record {
    uint64_t when; /* cycle: instructions in the deterministic lane; one clock for all harts */
    uint64_t va;
    uint32_t pfn;
    uint32_t pid;
    uint16_t type; /* enum trace_type */
    uint16_t hart; /* its index */
    uint32_t extra;
};
_Static_assert(sizeof(struct trace_record) == 32, "the host knows it so");

/* Record number n is at n % capacity. Only the last `capacity` records are kept. */
struct trace_ring {
    struct trace_record *records; /* in the direct map */
    uint64_t capacity;            /* 0: there is no ring */
    uint64_t written;             /* records so far; increased when a record is complete */
};

#define TRACE_OF_RUNNING (-1)

extern struct trace_ring trace_rings[MAX_HARTS];
extern uint32_t (*trace_pid_hook)(void); /* the running process's pid, or 0; proc/ sets it */

/* Boot: gives a hart its ring. */
void trace_give_ring(uint32_t hart, struct trace_record *records, uint64_t capacity, bool on);
void trace_write(int pid, enum trace_type type, uint64_t va, uint64_t pfn, uint32_t extra)
    __attribute__((cold, noinline));

/* Records an event in pid's space. Any context. Takes no lock. */
static inline void trace_of(int pid, enum trace_type type, uint64_t va, uint64_t pfn,
                            uint32_t extra)
{
    if (__builtin_expect(hart_is_traced(), 0))
        trace_write(pid, type, va, pfn, extra);
}

static inline void trace(enum trace_type type, uint64_t va, uint64_t pfn, uint32_t extra)
{
    trace_of(TRACE_OF_RUNNING, type, va, pfn, extra);
}
