/*
 * Least recently used, as far as accessed bits tell: one list, the oldest first. A page that was
 * used since it was looked at last goes to the other end; the first one that was not is the victim.
 * The use for which a page was brought in does not count: its bit is cleared at the next fault.
 */
#include "vm/replacement/policy.h"

#include "abi/mman.h"

static bool lru_judge(struct lru_list *list, struct lru_node *node, bool accessed)
{
    if (accessed)
        lru_again(list, node);
    return !accessed;
}

static const struct lru_ops lru_ops = {
    .name = "lru",
    .number = POLICY_LRU,
    .candidate = lru_oldest,
    .judge = lru_judge,
    .add = lru_join,
    .remove = lru_take,
};
LRU_POLICY(lru_ops);
