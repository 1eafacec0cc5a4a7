/* A policy with a mistake, for the tests: it names a page from a copy of the list's first node. */
#include "vm/replacement/policy.h"

static struct lru_node copy;

static struct lru_node *stale_candidate(struct lru_list *list)
{
    struct lru_node *first = lru_oldest(list);

    if (!first)
        return NULL;
    copy = *first;
    return &copy;
}

static bool stale_judge(struct lru_list *list, struct lru_node *node, bool accessed)
{
    (void)list, (void)node, (void)accessed;
    return true;
}

static const struct lru_ops stale_ops = {
    .name = "stale",
    .number = 108,
    .candidate = stale_candidate,
    .judge = stale_judge,
    .add = lru_join,
    .remove = lru_take,
};
LRU_POLICY(stale_ops);
