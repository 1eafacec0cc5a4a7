/* A policy with a mistake, for the tests: lru, which asks for the accessed bit and forgets it. */
#include "vm/replacement/policy.h"

static bool hasty_judge(struct lru_list *list, struct lru_node *node, bool accessed)
{
    (void)list, (void)node, (void)accessed;
    return true;
}

static const struct lru_ops hasty_ops = {
    .name = "hasty",
    .number = 106,
    .candidate = lru_oldest,
    .judge = hasty_judge,
    .add = lru_join,
    .remove = lru_take,
};
LRU_POLICY(hasty_ops);
