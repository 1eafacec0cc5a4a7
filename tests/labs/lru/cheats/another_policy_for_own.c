/*
 * The policy `lru` as the policy of one's own, and no clock.
 * file: kernel/vm/replacement/policies/policy_adaptive.c
 */
static struct lru_node *adaptive_candidate(struct lru_list *list)
{
    return lru_oldest(list);
}

static bool adaptive_judge(struct lru_list *list, struct lru_node *node, bool accessed)
{
    if (accessed)
        lru_again(list, node);
    return !accessed;
}

static void adaptive_add(struct lru_list *list, struct lru_node *node, uint32_t stamp)
{
    lru_join(list, node, stamp);
}
