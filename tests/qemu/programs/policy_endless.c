/* A policy with a mistake, for the tests: it turns the list round and round, and never ends. */
#include "vm/replacement/policy.h"

static bool endless_judge(struct lru_list *list, struct lru_node *node, bool accessed)
{
    while (accessed || node != list->hand)
        lru_again(list, node);
    return true;
}

static const struct lru_ops endless_ops = {
    .name = "endless",
    .number = 111,
    .candidate = lru_oldest,
    .judge = endless_judge,
    .add = lru_join,
    .remove = lru_take,
};
LRU_POLICY(endless_ops);
