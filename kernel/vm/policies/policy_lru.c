/*
 * Least recently used, as far as accessed bits tell: one list, the oldest first. A page that was
 * used since it was looked at last goes to the other end; the first one that was not is the victim.
 */
#include "vm/policy.h"

#include "abi/mman.h"

static void lru_fault(struct lru_list *list, uint32_t stamp)
{
    list->clock++;
    list->incoming = stamp;
}

static struct lru_node *lru_candidate(struct lru_list *list)
{
    return list_empty(&list->pages[0])
               ? NULL
               : container_of(list_first(&list->pages[0]), struct lru_node, link);
}

static bool lru_judge(struct lru_list *list, struct lru_node *node, bool accessed)
{
    if (!accessed)
        return true;
    lru_take(list, node);
    lru_append(list, node, 1);
    node->stamp = list->clock;
    return false;
}

static void lru_add(struct lru_list *list, struct lru_node *node, uint32_t stamp)
{
    (void)stamp;
    node->stamp = list->clock;
    lru_append(list, node, 1);
}

static uint32_t lru_evicted(struct lru_list *list, const struct lru_node *node)
{
    (void)node;
    return list->clock;
}

static const struct lru_ops lru_ops = {
    .name = "lru",
    .number = POLICY_LRU,
    .fault = lru_fault,
    .candidate = lru_candidate,
    .judge = lru_judge,
    .add = lru_add,
    .remove = lru_take,
    .evicted = lru_evicted,
};
LRU_POLICY(lru_ops);
