/* First in, first out: what is used, and how often, does not matter. */
#include "vm/policy.h"

#include "abi/mman.h"

static struct lru_node *fifo_candidate(struct lru_list *list)
{
    return lru_first(list, 1);
}

static bool fifo_judge(struct lru_list *list, struct lru_node *node, bool accessed)
{
    (void)list;
    (void)node;
    (void)accessed;
    return true;
}

static void fifo_add(struct lru_list *list, struct lru_node *node, uint32_t stamp)
{
    (void)stamp;
    lru_arrive(list, node, 1);
}

static const struct lru_ops fifo_ops = {
    .name = "fifo",
    .number = POLICY_FIFO,
    .fault = lru_announce,
    .candidate = fifo_candidate,
    .judge = fifo_judge,
    .add = fifo_add,
    .remove = lru_take,
    .evicted = lru_last_seen,
};
LRU_POLICY(fifo_ops);
