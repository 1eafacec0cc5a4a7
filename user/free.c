/* free: what the frames of memory and the swap disks are used for, and what is promised. In KiB. */
#include "user.h"

#define KIB_PER_PAGE (PAGE_SIZE / 1024)

static void show(const char *name, unsigned long long pages)
{
    printf("%-14s %10llu\n", name, pages * KIB_PER_PAGE);
}

int main(void)
{
    static const char *const classes[FRAME_CLASSES] = {
        [FRAME_FREE] = "free",
        [FRAME_KERNEL] = "kernel",
        [FRAME_PAGE_TABLE] = "page tables",
        [FRAME_STACK] = "kernel stacks",
        [FRAME_SLAB] = "small objects",
        [FRAME_ANON] = "anonymous",
        [FRAME_FILE] = "file pages",
        [FRAME_BUFFER] = "buffers",
    };
    struct vm_stats stats;
    unsigned long long total = 0;

    if (vmstat(0, &stats, 0) < 0)
        die("free", "vmstat");
    for (int i = 0; i < FRAME_CLASSES; i++) {
        total += stats.frames[i];
        show(classes[i], stats.frames[i]);
    }
    show("total", total);
    show("promised", stats.commit);
    show("promise limit", stats.commit_limit);
    show("swap", stats.swap_slots);
    show("swap used", stats.swap_slots_used);
    show("swap free", stats.swap_slots - stats.swap_slots_used);
    return 0;
}
