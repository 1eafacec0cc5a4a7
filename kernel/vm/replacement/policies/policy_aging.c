/*
 * Aging. A page has a register of eight bits. Each time that the policy looks at the page, the
 * register is shifted to the right, and "used since the last look" comes in from the left: read as
 * a number, it tells how often and how lately the page was used. The policy goes round, and takes
 * the first page with a small number. It is content with larger ones the longer it has looked, so
 * that a look costs 127 accessed bits at most, but for pages that are in use just then.
 */
#include "vm/replacement/policy.h"

#include "abi/mman.h"

#define USED_NOW 0x80u

static bool aging_judge(struct lru_list *list, struct lru_node *node, bool accessed)
{
    list->looked++;
    node->age = (uint16_t)(node->age >> 1 | (accessed ? USED_NOW : 0));
    if (!accessed && node->age <= list->looked) {
        list->looked = 0;
        return true;
    }
    lru_again(list, node);
    return false;
}

static const struct lru_ops aging_ops = {
    .name = "aging",
    .number = POLICY_AGING,
    .candidate = lru_oldest,
    .judge = aging_judge,
    .add = lru_join,
    .remove = lru_take,
};
LRU_POLICY(aging_ops);
