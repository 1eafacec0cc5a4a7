/*
 * Checkpoints, for the test program of a lab. At a checkpoint the machine stands still, and the
 * host looks at the hardware: the program counter, satp, the page tables, RAM (tests/grade/
 * evidence.py). What the kernel prints, or keeps for itself, counts for nothing.
 *
 * Each run has a nonce of its own, which is compiled in. It decides at which page the checkpoint
 * lies, and what the program writes: drawn() is the same on both sides.
 */
#ifndef LABS_CHECKPOINT_H
#define LABS_CHECKPOINT_H

#include "user.h"

/* On the page of the checkpoint itself. */
extern const uint64_t nonce;

/*
 * Stops at checkpoint `number`. The facts are what the host shall know, addresses above all: as
 * many bytes, readable, 65536 at most. Each of their pages is read first, so that it is there.
 */
void checkpoint(unsigned long number, const void *facts, size_t bytes);

/* The n-th value of this run: no two are the same, and who lacks the nonce can guess none. */
static inline uint64_t drawn(uint64_t n)
{
    uint64_t x = nonce + (n + 1) * 0x9e3779b97f4a7c15ul;

    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ul;
    x = (x ^ x >> 27) * 0x94d049bb133111ebul;
    return x ^ x >> 31;
}

#endif
