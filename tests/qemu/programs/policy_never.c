/* A policy with a mistake, for the tests: each page gets one more chance, and so does the next. */
#include "vm/replacement/policy.h"

static bool never_judge(struct lru_list *list, struct lru_node *node, bool accessed)
{
    (void)accessed;
    lru_again(list, node);
    return false;
}

static const struct lru_ops never_ops = {
    .name = "never",
    .number = 107,
    .candidate = lru_oldest,
    .judge = never_judge,
    .add = lru_join,
    .remove = lru_take,
};
LRU_POLICY(never_ops);
