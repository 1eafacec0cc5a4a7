/*
 * The ledger check: after a test every frame class holds as many frames as before it, once caches
 * were written back and dropped, and as many pages are promised. Orphans of the test may still be
 * dying, so it is asked repeatedly.
 *
 * A test that needs all memory sends pages of the shell or of the runner to swap, and some of them
 * come back when they are next used. So a private page is counted wherever it is, in a frame, in
 * swap or in both, and what it does not take of the frames counts as free.
 */
#include "test.h"

#define ATTEMPTS 30 /* a tick apart */

static const char *const class_names[FRAME_CLASSES] = {
    "free", "kernel", "page table", "stack", "slab", "anonymous", "file", "buffer",
};

static void ledger_read(struct ledger *ledger)
{
    struct vm_stats stats;

    if (vmstat(0, &stats, VMSTAT_DROP) < 0) {
        printf("Bail out! vmstat fails with errno %d\n", errno);
        exit(1);
    }
    memmove(ledger->frames, stats.frames, sizeof(stats.frames));
    ledger->frames[FRAME_ANON] += stats.swap_slots_used - stats.swap_cached;
    ledger->frames[FRAME_FREE] -= stats.swap_slots_used - stats.swap_cached;
    ledger->commit = stats.commit;
}

/*
 * Frames and slots are not counted at one moment: while a page goes out or comes back, or somebody
 * is still dying, a reading may be wrong by it. Two that agree are right.
 */
void ledger_begin(struct ledger *ledger)
{
    struct ledger again;

    ledger_read(ledger);
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        ledger_read(&again);
        if (memcmp(ledger, &again, sizeof(again)) == 0)
            break;
        *ledger = again;
        sleep(1);
    }
    vmstat(0, NULL, VMSTAT_MARK); /* with SAN=1, the kernel tells afterwards who has what is left */
}

bool ledger_settles(const struct ledger *before, struct ledger *after)
{
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        ledger_read(after);
        if (memcmp(before, after, sizeof(*before)) == 0)
            return true;
        sleep(1);
    }
    return false;
}

void ledger_print(const struct ledger *before, const struct ledger *after)
{
    for (int class = 0; class < FRAME_CLASSES; class++)
        if (before->frames[class] != after->frames[class])
            printf("    ledger: %s frames were %lu, are %lu\n", class_names[class],
                   (unsigned long)before->frames[class], (unsigned long)after->frames[class]);
    if (before->commit != after->commit)
        printf("    ledger: pages promised were %lu, are %lu\n", (unsigned long)before->commit,
               (unsigned long)after->commit);
    if (memcmp(before, after, sizeof(*before)) != 0)
        vmstat(0, NULL, VMSTAT_OWNERS);
}
