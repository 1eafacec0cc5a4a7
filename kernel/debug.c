/*
 * debug=lockorder, in SAN builds: does the checker of the lock order see what is wrong? Each case
 * below breaks one rule, or keeps to it, with locks that nobody else has; its complaints are
 * counted. The boot thread runs them, alone but for the kernel's own threads, and ends the machine.
 */
#include "debug.h"

#ifdef SAN
#include "abi/disk.h"
#include "dev/block.h"
#include "fs/buffer.h"
#include "fs/fs_disk.h"
#include "fs/log.h"
#include "mem/frame.h"
#include "riscv/csr.h"
#include "sync/printf.h"
#include "thread/page_lock.h"
#include "thread/sleeplock.h"

static struct spinlock first_spin = SPINLOCK("first", RANK_SWAP);
static struct spinlock second_spin = SPINLOCK("second", RANK_SWAP);
static struct spinlock low_spin = SPINLOCK("low", RANK_PIPE);
static struct spinlock plain_spin = SPINLOCK("plain", RANK_DEVICE);
static struct spinlock irq_spin = SPINLOCK("irq", RANK_KMEM);
static struct sleeplock inode = SLEEPLOCK(inode, "inode", RANK_INODE);
static struct sleeplock other_inode = SLEEPLOCK(other_inode, "other inode", RANK_INODE);
static struct sleeplock log_lock = SLEEPLOCK(log_lock, "log", RANK_LOG);
static struct sleeplock family = SLEEPLOCK(family, "family", RANK_FAMILY);
static struct sleeplock buffer = SLEEPLOCK(buffer, "buffer", RANK_SWAP_IO);
static struct rwlock mm;
static struct page *memory, *file;
static struct disk_super layout;

static void prepare(void)
{
    struct buffer *super;

    rwlock_init(&mm, "mm", RANK_MM);
    memory = frame_alloc(FRAME_ANON, 0);
    file = frame_alloc(FRAME_FILE, 0);
    if (!memory || !file || buffer_read(0, &super) != 0)
        panic("debug=lockorder: no memory, or no superblock");
    layout = *(struct disk_super *)super->data;
    buffer_release(super);
}

static void both_spin(struct spinlock *one, struct spinlock *two)
{
    spin_lock(one);
    spin_lock(two);
    spin_unlock(two);
    spin_unlock(one);
}

static void spin_ascending(void) { both_spin(&low_spin, &first_spin); }
static void spin_descending(void) { both_spin(&first_spin, &low_spin); }
static void spin_equal(void) { both_spin(&first_spin, &second_spin); }

static void use_irq(struct spinlock *lock)
{
    spin_unlock_irq(lock, spin_lock_irq(lock));
}

static void use_plain(struct spinlock *lock)
{
    spin_lock(lock);
    spin_unlock(lock);
}

static void irq_after_plain(void)
{
    use_plain(&plain_spin);
    use_irq(&plain_spin);
}

static void plain_after_irq(void)
{
    use_irq(&irq_spin);
    use_plain(&irq_spin);
}

static void plain_in_a_handler(void)
{
    uint64_t flags = interrupts_save();

    this_hart()->interrupt_depth++;
    use_plain(&plain_spin);
    this_hart()->interrupt_depth--;
    interrupts_restore(flags);
}

static void plain_under_irq(void)
{
    uint64_t flags = spin_lock_irq(&irq_spin);

    use_plain(&plain_spin);
    spin_unlock_irq(&irq_spin, flags);
}

static void both_sleeping(struct sleeplock *one, struct sleeplock *two)
{
    sleeplock_acquire(one);
    sleeplock_acquire(two);
    sleeplock_release(two);
    sleeplock_release(one);
}

static void sleeping_ascending(void) { both_sleeping(&log_lock, &inode); }
static void sleeping_descending(void) { both_sleeping(&inode, &log_lock); }
static void two_inodes(void) { both_sleeping(&inode, &other_inode); }

static void inode_below_another(void)
{
    sleeplock_acquire(&inode);
    sleeplock_acquire_after(&other_inode, &inode);
    sleeplock_release(&other_inode);
    sleeplock_release(&inode);
}

static void mm_under_inode(void)
{
    sleeplock_acquire(&inode);
    rwlock_write_acquire(&mm);
    rwlock_write_release(&mm);
    sleeplock_release(&inode);
}

static void with(struct sleeplock *lock, void (*wait)(void))
{
    sleeplock_acquire(lock);
    wait();
    sleeplock_release(lock);
}

static void wait_for_frames(void) { frame_wait(); }
static void wait_for_memory(void) { page_wait_writeback(memory); }
static void wait_for_file(void) { page_wait_writeback(file); }
static void wait_for_commit(void) { log_commit(false); }
static void wait_for_disk(void) { disk_flush(); }

static void frames_alone(void) { wait_for_frames(); }
static void frames_under_log(void) { with(&log_lock, wait_for_frames); }
static void frames_under_inode(void) { with(&inode, wait_for_frames); }
static void swap_write_under_inode(void) { with(&inode, wait_for_memory); }
static void swap_write_under_transfer(void) { with(&buffer, wait_for_memory); }
static void write_back_under_log(void) { with(&log_lock, wait_for_file); }
static void commit_under_inode(void) { with(&inode, wait_for_commit); }
static void disk_under_inode(void) { with(&inode, wait_for_disk); }
static void disk_under_family(void) { with(&family, wait_for_disk); }

static void page_with_others_on_their_way(void)
{
    lockorder_note(RANK_SWAP_WRITE, file, "a page to swap");
    page_lock(memory);
    page_unlock(memory);
    lockorder_release(RANK_SWAP_WRITE, file);
}

static void two_buffers(uint32_t one, uint32_t two)
{
    struct buffer *first, *second;

    if (buffer_read(one, &first) != 0)
        return;
    if (buffer_read(two, &second) == 0)
        buffer_release(second);
    buffer_release(first);
}

static void super_then_inodes(void) { two_buffers(0, layout.inode_start); }
static void inodes_then_super(void) { two_buffers(layout.inode_start, 0); }
static void data_then_bitmap(void) { two_buffers(layout.data_start, layout.bitmap_start); }
static void bitmap_then_data(void) { two_buffers(layout.bitmap_start, layout.data_start); }

static void frame_under_spinlock(void)
{
    struct page *page;

    spin_lock(&low_spin);
    page = frame_alloc(FRAME_SLAB, 0);
    spin_unlock(&low_spin);
    page_put(page);
}

static const struct {
    const char *name;
    void (*run)(void);
    bool right;
} cases[] = {
    {"spinlocks in order", spin_ascending, true},
    {"spinlocks out of order", spin_descending, false},
    {"spinlocks of one rank", spin_equal, false},
    {"spin_lock_irq after spin_lock", irq_after_plain, false},
    {"spin_lock after spin_lock_irq", plain_after_irq, false},
    {"spin_lock in a handler", plain_in_a_handler, false},
    {"spin_lock under spin_lock_irq", plain_under_irq, false},
    {"sleeping locks in order", sleeping_ascending, true},
    {"sleeping locks out of order", sleeping_descending, false},
    {"two inodes", two_inodes, false},
    {"an inode below another", inode_below_another, true},
    {"an mm under an inode", mm_under_inode, false},
    {"frames, nothing held", frames_alone, true},
    {"frames in an operation", frames_under_log, false},
    {"frames under an inode", frames_under_inode, false},
    {"a swap write under an inode", swap_write_under_inode, true},
    {"a swap write under a transfer", swap_write_under_transfer, false},
    {"write-back in an operation", write_back_under_log, false},
    {"a commit under an inode", commit_under_inode, false},
    {"a disk under an inode", disk_under_inode, true},
    {"a disk under a family", disk_under_family, false},
    {"a page, others on their way to swap", page_with_others_on_their_way, false},
    {"the superblock, then inodes", super_then_inodes, true},
    {"inodes, then the superblock", inodes_then_super, false},
    {"a block of data, then of the bitmap", data_then_bitmap, true},
    {"a block of the bitmap, then of data", bitmap_then_data, false},
    {"a frame that may have to be reclaimed under a spinlock", frame_under_spinlock, false},
};

void debug_lockorder(void)
{
    const uint32_t count = sizeof(cases) / sizeof(cases[0]);
    uint32_t wrong = 0;

    prepare();
    lockorder_is_tested = true;
    for (uint32_t i = 0; i < count; i++) {
        lockorder_complaints = 0;
        cases[i].run();
        if ((lockorder_complaints == 0) == cases[i].right)
            continue;
        printf("lockorder: %s: %u complaints\n", cases[i].name, lockorder_complaints);
        wrong++;
    }
    printf("lockorder: %u cases, %u judged wrongly\n", count, wrong);
    power_off(wrong ? 1 : 0);
}
#endif
