/* A policy with a mistake, for the tests: it names a page again that is gone. */
#include "vm/replacement/policy.h"

static struct lru_node *kept;

static struct lru_node *stale_candidate(struct lru_list *list)
{
    if (!kept)
        kept = lru_oldest(list);
    return kept;
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
