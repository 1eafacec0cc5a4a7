/* The policy `lru` as a clock: it has second chances, but no page comes with its bit set. */
static struct lru_node *clock_candidate(struct lru_list *list)
{
    return lru_oldest(list);
}

static bool clock_judge(struct lru_list *list, struct lru_node *node, bool accessed)
{
    if (accessed)
        lru_again(list, node);
    return !accessed;
}

static void clock_add(struct lru_list *list, struct lru_node *node, uint32_t stamp)
{
    lru_join(list, node, stamp);
}
