/*
 * The trace: what happened to pages, as records of 32 bytes in one ring a hart, for the host to
 * read out of the machine's memory (tests/reader). The kernel itself never reads it.
 *
 * A site costs two instructions while it is off, and the tests count the sites. A record's pid is
 * of the process that runs, or 0, except where the line of its type says otherwise.
 *
 * Boot argument trace=N: rings of N records a hart (trace=1: of TRACE_DEFAULT; at most 131,072,
 * which is the largest block of frames), on from the start; trace=N,off: made, but off until the
 * host writes 1 into trace_on of each struct hart.
 */
#pragma once

#include <stdint.h>

#include "riscv/hart.h"

#define TRACE_DEFAULT 4096u

/* Numbers that the host knows. The lines say what va, pfn and extra are where that is not plain. */
enum trace_type {
    /* an access that the page table did not allow, or the kernel's own for a user; its space's pid;
     * extra: enum fault_flag */
    TRACE_FAULT = 1,
    /* a fault mapped the page, or a neighbour of it, at va of pid's space; extra: 1: for stores,
     * too. What fork copies, and a page that may be written from now on, are not told. */
    TRACE_MAP = 2,
    /* the entry for va in pid's space became a swap slot: one record an entry. Of an object's page
     * one, with pid 0 and va its offset there. extra: 1 where it is to be written */
    TRACE_EVICT = 3,
    TRACE_SWAP_IN = 4,   /* was read; va: 0, a TRACE_MAP tells where it goes; extra: the slot */
    TRACE_SWAP_OUT = 5,  /* was written; va: as its index says; extra: the slot */
    TRACE_FLUSH = 6,     /* on this hart; pfn: how many pages from va on, 0: all of the space */
    TRACE_SHOOTDOWN = 7, /* on other harts: the bits of extra; pfn: how many pages */
    TRACE_ALLOC = 8,     /* extra: the ledger class */
    TRACE_FREE = 9,      /* extra: the ledger class */
    TRACE_SWITCH = 10,   /* pid runs from here on; extra: the thread's number */
    TRACE_REFAULT = 11,  /* an evicted page is wanted again; extra: what the policy kept of it */
    TRACE_TYPES
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

/* Record number n is at n % capacity; the last `capacity` of them are there, the others lost. */
struct trace_ring {
    struct trace_record *records; /* in the direct map */
    uint64_t capacity;            /* 0: there is no ring */
    uint64_t written;             /* records so far; grows after a record is whole */
};

#define TRACE_OF_RUNNING (-1)

extern struct trace_ring trace_rings[MAX_HARTS];
extern uint32_t (*trace_pid_hook)(void); /* the running process's pid, or 0; proc/ sets it */

/* Boot: gives a hart its ring. */
void trace_give_ring(uint32_t hart, struct trace_record *records, uint64_t capacity, bool on);
void trace_write(int pid, enum trace_type type, uint64_t va, uint64_t pfn, uint32_t extra)
    __attribute__((cold, noinline));

/* An event in pid's space. Any context; holds and takes no lock. */
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
