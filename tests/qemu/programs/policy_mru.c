/* A student's policy, a file for kernel/vm/replacement/policies: the page goes that came last. */
#include "vm/replacement/policy.h"

static bool mru_judge(struct lru_list *list, struct lru_node *node, bool accessed)
{
    (void)list, (void)node, (void)accessed;
    return true;
}

static void mru_add(struct lru_list *list, struct lru_node *node, uint32_t stamp)
{
    (void)stamp;
    lru_arrive(list, node, 1);
    list_del(&node->link);
    list_add(&node->link, &list->pages[0]);
}

static const struct lru_ops mru_ops = {
    .name = "mru",
    .number = 105,
    .candidate = lru_oldest,
    .judge = mru_judge,
    .add = mru_add,
    .remove = lru_take,
};
LRU_POLICY(mru_ops);
