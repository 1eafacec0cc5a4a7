/* Boot of vm/, in order. */
#include "vm/vm.h"

#include "abi/errno.h"
#include "abi/mman.h"
#include "lib/string.h"
#include "riscv/machine.h"
#include "sync/printf.h"
#include "thread/page_lock.h"
#include "vm/cache/object.h"
#include "vm/extra/rules.h"
#include "vm/extra/swap_device.h"
#include "vm/faults/anon.h"
#include "vm/mapping/commit.h"
#include "vm/replacement/family.h"
#include "vm/replacement/lru.h"
#include "vm/replacement/reclaim.h"
#include "vm/swapping/swap_io.h"

/* The policy that the boot argument names. */
static const struct lru_ops *policy_wanted(void)
{
    const char *name = boot_argument("policy");
    const struct lru_ops *ops = name ? lru_policy_named(name) : NULL;

    if (name && !ops)
        printf("policy=%s: there is none of that name; using lru\n", name);
    return ops ? ops : lru_policy_numbered(POLICY_LRU);
}

/* The hook of swapping/: what the swap cache keeps is on a list, so that it can go. */
static void list_kept_page(struct page *page)
{
    add_to_lru(&anon_lru, page, 0);
}

void vm_init(void)
{
    const char *overcommit = boot_argument("overcommit");

    commit_always = overcommit && strcmp(overcommit, "always") == 0;
    page_lock_init();
    family_init();
    lru_init(policy_wanted());
    anon_init();
    swap_keep_hook = list_kept_page;
    reclaim_init();
    rules_init();
    commit_init();
}

int vm_start(void)
{
    int error = swap_on("swap");
    const char *why = error == -ENOSPC  ? "is smaller than a page"
                      : error == -EROFS ? "is read-only"
                                        : "needs more memory than there is";

    if (error && error != -ENODEV) /* a machine without such a disk: all has to fit into memory */
        printf("swap: the disk %s: going on without\n", why);
    return reclaim_start();
}
