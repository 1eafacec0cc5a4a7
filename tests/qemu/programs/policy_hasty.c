/* A policy with a mistake, for the tests: lru, which asks for the accessed bit and forgets it. */
#include "vm/policy.h"

static struct lru_node *hasty_candidate(struct lru_list *list)
{
    return lru_first(list, 1);
}

static bool hasty_judge(struct lru_list *list, struct lru_node *node, bool accessed)
{
    (void)list, (void)node, (void)accessed;
    return true;
}

static void hasty_add(struct lru_list *list, struct lru_node *node, uint32_t stamp)
{
    (void)stamp;
    lru_arrive(list, node, 1);
}

static const struct lru_ops hasty_ops = {
    .name = "hasty",
    .number = 6,
    .fault = lru_announce,
    .candidate = hasty_candidate,
    .judge = hasty_judge,
    .add = hasty_add,
    .remove = lru_take,
    .evicted = lru_last_seen,
};
LRU_POLICY(hasty_ops);
