/* The table of replacement policies, and the lists that they are made of. See policy.h. */
#include "vm/replacement/policy.h"

#include "lib/string.h"

extern const struct lru_ops *const __start_lru_policies[]; /* kernel.ld, or the host's linker */
extern const struct lru_ops *const __stop_lru_policies[];

void lru_list_init(struct lru_list *list, const struct lru_ops *ops)
{
    memset(list, 0, sizeof(*list));
    for (unsigned i = 0; i < LRU_PLACES; i++)
        list_init(&list->pages[i]);
    list->ops = ops;
    list->clock = 1;
}

const struct lru_ops *lru_policy_named(const char *name)
{
    for (const struct lru_ops *const *at = __start_lru_policies; at < __stop_lru_policies; at++)
        if (strcmp((*at)->name, name) == 0)
            return *at;
    return NULL;
}

const struct lru_ops *lru_policy_numbered(int number)
{
    for (const struct lru_ops *const *at = __start_lru_policies; at < __stop_lru_policies; at++)
        if ((*at)->number == number)
            return *at;
    return NULL;
}

struct lru_node *lru_oldest(struct lru_list *list)
{
    return lru_first(list, 1);
}

void lru_join(struct lru_list *list, struct lru_node *node, uint32_t stamp)
{
    (void)stamp;
    lru_arrive(list, node, 1);
}

struct lru_node *lru_first(const struct lru_list *list, uint16_t place)
{
    struct list_head *first = list_first(&list->pages[place - 1]);

    return first ? container_of(first, struct lru_node, link) : NULL;
}

void lru_again(struct lru_list *list, struct lru_node *node)
{
    uint16_t place = node->place;

    node->stamp = list->clock;
    lru_take(list, node);
    lru_append(list, node, place);
}

void lru_take(struct lru_list *list, struct lru_node *node)
{
    if (list->hand == node)
        list->hand = lru_next(list, node);
    list_del(&node->link);
    list->count[node->place - 1]--;
    node->place = 0;
}
