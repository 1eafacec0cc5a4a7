/*
 * The clock of the textbooks: pages stand in a circle, each with a bit "used", and a hand goes
 * round. It clears the bits that it finds set, and stops at the first that is not: that page goes,
 * and the new one takes its place, behind the hand. A page comes with its bit set. (Hardware sets A
 * then, too, but that is cleared at the next fault, as for every policy; age remembers it.)
 */
#include "vm/replacement/policy.h"

#include "abi/mman.h"

/*
 * The page at the hand. The circle is list->pages[0]; the hand is list->hand, or at the first page
 * of the list where that is NULL.
 * Returns: NULL: the circle is empty.
 */
static struct lru_node *clock_candidate(struct lru_list *list)
{
    return list->hand ? list->hand : lru_first(list, 1);
}

/*
 * The hand comes to the node. If its page was used since the hand came by, or came since then, it
 * is passed: that is forgotten, and the hand goes on.
 * Returns: true: it is the victim; false: it was passed.
 */
static bool clock_judge(struct lru_list *list, struct lru_node *node, bool accessed)
{
    if (!accessed && !node->age)
        return true;
    node->age = 0;
    list->hand = lru_next(list, node);
    return false;
}

/* A new page, with its bit set. Of all pages, it is the last that the hand is going to meet. */
static void clock_add(struct lru_list *list, struct lru_node *node, uint32_t stamp)
{
    (void)stamp;
    lru_arrive(list, node, 1);
    node->age = 1;
    if (list->hand) { /* not last in the list, but last to be met */
        list_del(&node->link);
        list_add_tail(&node->link, &list->hand->link);
    }
}

static const struct lru_ops clock_ops = {
    .name = "clock",
    .number = POLICY_CLOCK,
    .candidate = clock_candidate,
    .judge = clock_judge,
    .add = clock_add,
    .remove = lru_take,
};
LRU_POLICY(clock_ops);
