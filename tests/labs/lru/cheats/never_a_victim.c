/* Has no candidate, ever: then a quota holds nothing back, and nothing has to be brought back. */
static struct lru_node *clock_candidate(struct lru_list *list)
{
    (void)list;
    return NULL;
}

static bool clock_judge(struct lru_list *list, struct lru_node *node, bool accessed)
{
    (void)list, (void)node, (void)accessed;
    return true;
}

static void clock_add(struct lru_list *list, struct lru_node *node, uint32_t stamp)
{
    lru_join(list, node, stamp);
}
