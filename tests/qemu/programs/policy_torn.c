/* A policy with a mistake, for the tests: what was used goes to the other list, uncounted. */
#include "vm/replacement/policy.h"

static bool torn_judge(struct lru_list *list, struct lru_node *node, bool accessed)
{
    if (!accessed)
        return true;
    list_del(&node->link);
    list_add_tail(&node->link, &list->pages[1]);
    return false;
}

static const struct lru_ops torn_ops = {
    .name = "torn",
    .number = 109,
    .candidate = lru_oldest,
    .judge = torn_judge,
    .add = lru_join,
    .remove = lru_take,
};
LRU_POLICY(torn_ops);
