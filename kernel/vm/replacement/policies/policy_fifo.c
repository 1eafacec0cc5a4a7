/* First in, first out: what is used, and how often, does not matter. */
#include "vm/replacement/policy.h"

#include "abi/mman.h"

static bool fifo_judge(struct lru_list *list, struct lru_node *node, bool accessed)
{
    (void)list;
    (void)node;
    (void)accessed;
    return true;
}

static const struct lru_ops fifo_ops = {
    .name = "fifo",
    .number = POLICY_FIFO,
    .candidate = lru_oldest,
    .judge = fifo_judge,
    .add = lru_join,
    .remove = lru_take,
};
LRU_POLICY(fifo_ops);
