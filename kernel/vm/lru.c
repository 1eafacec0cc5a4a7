/* Lists of pages by last use. Chapter "Page Replacement". */
#include "vm/lru.h"

#include "sync/printf.h"

struct lru_list file_lru;

void lru_init(struct lru_list *list)
{
    spin_init(&list->lock, "lru", RANK_LRU);
    list_init(&list->pages);
    list->count = 0;
}

void add_to_lru(struct lru_list *list, struct page *page)
{
    spin_lock(&list->lock);
    assert(!page_set(page, PAGE_ON_LRU));
    list_add_tail(&page->lru, &list->pages);
    list->count++;
    spin_unlock(&list->lock);
}

void remove_from_lru(struct lru_list *list, struct page *page)
{
    spin_lock(&list->lock);
    if (page_clear_flag(page, PAGE_ON_LRU)) {
        list_del(&page->lru);
        list->count--;
    }
    spin_unlock(&list->lock);
}

struct page *get_lru_page(struct lru_list *list)
{
    struct page *page = NULL;

    spin_lock(&list->lock);
    for (uint64_t seen = 0; seen <= list->count && !list_empty(&list->pages); seen++) {
        page = container_of(list->pages.next, struct page, lru);
        list_del(&page->lru);
        list_add_tail(&page->lru, &list->pages);
        if (!page_clear_flag(page, PAGE_REFERENCED))
            break;
    }
    if (page)
        page_get(page);
    spin_unlock(&list->lock);
    return page;
}
