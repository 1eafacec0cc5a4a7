/* The system's lists of pages, each with its lock around a policy. See vm/replacement/lru.h. */
#include "vm/replacement/lru.h"

#include "lib/string.h"
#include "mem/vm_stat.h"
#include "riscv/machine.h"
#include "sync/printf.h"
#include "thread/page_lock.h"

struct page_lru file_lru = {.lock = SPINLOCK("file lru", RANK_LRU)};
struct page_lru anon_lru = {.lock = SPINLOCK("anon lru", RANK_LRU)};
static bool all_accessed; /* debug=used; constant after boot */

void lru_init(const struct lru_ops *ops)
{
#ifdef SAN
    const char *debug = boot_argument("debug");

    all_accessed = debug && strcmp(debug, "used") == 0;
#endif
    lru_list_init(&file_lru.list, ops);
    lru_list_init(&anon_lru.list, ops);
}

void add_to_lru(struct page_lru *lru, struct page *page, uint32_t stamp)
{
    san_assert(page_refs(page) > 0); /* the last one would have taken it off */
    spin_lock(&lru->lock);
    if (!page_set(page, PAGE_ON_LRU)) {
        lru->list.capacity = lru_list_length(&lru->list); /* there is room for what is on it */
        lru->list.ops->add(&lru->list, &page->lru, stamp);
    }
    spin_unlock(&lru->lock);
}

void remove_all_from_lru(struct page_lru *lru, struct page *const page[], uint32_t count)
{
    void (*remove)(struct lru_list *, struct lru_node *) = lru->list.ops->remove;

    spin_lock(&lru->lock);
    for (uint32_t i = 0; i < count; i++)
        if (page_clear_flag(page[i], PAGE_ON_LRU))
            remove(&lru->list, &page[i]->lru);
    spin_unlock(&lru->lock);
}

/* The page that the policy wants to know of next, with a reference; NULL: the list is empty. */
static struct page *next_page(struct page_lru *lru)
{
    struct lru_node *node;
    struct page *page = NULL;

    spin_lock(&lru->lock);
    while (!page && (node = lru->list.ops->candidate(&lru->list)) != NULL) {
        page = container_of(node, struct page, lru);
        if (!page_try_get(page)) { /* its last reference is just being dropped */
            page_clear_flag(page, PAGE_ON_LRU);
            lru->list.ops->remove(&lru->list, node);
            page = NULL;
        }
    }
    spin_unlock(&lru->lock);
    return page;
}

struct page *get_lru_page(struct page_lru *lru, uint64_t *looks)
{
    struct page *page;

    while (*looks > 0 && (page = next_page(lru)) != NULL) {
        --*looks;
        update_vm_stats(VM_STAT_SCAN, 1);
        if (page_trylock(page))
            return page;
        spin_lock(&lru->lock);
        if (page_test(page, PAGE_ON_LRU)) {
            lru->list.ops->remove(&lru->list, &page->lru);
            lru->list.ops->add(&lru->list, &page->lru, 0);
        }
        spin_unlock(&lru->lock);
        page_put(page);
    }
    return NULL;
}

bool judge_lru_page(struct page_lru *lru, struct page *page, bool accessed, bool force,
                    uint32_t *stamp)
{
    bool is_used = (accessed || all_accessed) && !force;
    bool goes;

    spin_lock(&lru->lock);
    goes = page_test(page, PAGE_ON_LRU) && lru->list.ops->judge(&lru->list, &page->lru, is_used);
    if (goes) {
        *stamp = page->lru.stamp;
        lru->list.ops->remove(&lru->list, &page->lru);
        page_clear_flag(page, PAGE_ON_LRU);
    }
    spin_unlock(&lru->lock);
    return goes;
}
