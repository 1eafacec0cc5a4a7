/*
 * The lab's functions under each rule.
 *
 * rule passed_twice: a page that the clock's hand finds in use is passed twice: now, and once more
 *      when the hand comes to it next, used or not. A page that has just come is passed once, as
 *      before, unless it is in use then.
 * rule only_back_counts: of the pages that come to the clock only one that comes back, with the
 *      stamp of an earlier time, counts as used. A page that comes for the first time, with the
 *      stamp 0, does not: it goes when the hand first meets it, unless it is in use then.
 * rule sixth_goes: for one victim the clock's hand passes five pages at most. The sixth page that
 *      it meets goes, used or not.
 */

#define MOST_PASSED 5u

static bool clock_judge(struct lru_list *list, struct lru_node *node, bool accessed)
{
    if ((!accessed && !node->age) || (sixth_goes && list->looked >= MOST_PASSED)) {
        list->looked = 0;
        return true;
    }
    list->looked++;
    node->age = passed_twice && accessed;
    list->hand = lru_next(list, node);
    return false;
}

static void clock_add(struct lru_list *list, struct lru_node *node, uint32_t stamp)
{
    lru_arrive(list, node, 1);
    node->age = !only_back_counts || stamp != 0;
    if (list->hand) { /* not last in the list, but last to be met */
        list_del(&node->link);
        list_add_tail(&node->link, &list->hand->link);
    }
}
