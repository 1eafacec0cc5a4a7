/*
 * The starting version of the lab's functions: the files in kernel/vm/replacement/policies have
 * these bodies in a hand-out. The signatures are those of the reference. No compiler reads this
 * file itself.
 */

static struct lru_node *clock_candidate(struct lru_list *list)
{
    (void)list;
    not_written("clock_candidate");
}

static bool clock_judge(struct lru_list *list, struct lru_node *node, bool accessed)
{
    (void)list;
    (void)node;
    (void)accessed;
    not_written("clock_judge");
}

static void clock_add(struct lru_list *list, struct lru_node *node, uint32_t stamp)
{
    (void)list;
    (void)node;
    (void)stamp;
    not_written("clock_add");
}

static struct lru_node *adaptive_candidate(struct lru_list *list)
{
    (void)list;
    not_written("adaptive_candidate");
}

static bool adaptive_judge(struct lru_list *list, struct lru_node *node, bool accessed)
{
    (void)list;
    (void)node;
    (void)accessed;
    not_written("adaptive_judge");
}

static void adaptive_add(struct lru_list *list, struct lru_node *node, uint32_t stamp)
{
    (void)list;
    (void)node;
    (void)stamp;
    not_written("adaptive_add");
}
