/* Boot of vm/, in order. */
#include "vm/vm.h"

#include "lib/string.h"
#include "riscv/machine.h"
#include "vm/anon.h"
#include "vm/commit.h"
#include "vm/object.h"
#include "vm/page_lock.h"
#include "vm/reclaim.h"

void vm_init(void)
{
    const char *overcommit = boot_argument("overcommit");

    commit_always = overcommit && strcmp(overcommit, "always") == 0;
    page_lock_init();
    object_cache_init();
    anon_init();
    reclaim_init();
    commit_init();
}
