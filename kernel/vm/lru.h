/*
 * Lists of pages in the order of their last use, as far as that is known. Chapter "Page
 * Replacement". A page is on one list at most (PAGE_ON_LRU), and while it is there its owner holds
 * a reference.
 */
#ifndef VM_LRU_H
#define VM_LRU_H

#include <stdint.h>

#include "mem/page.h"
#include "sync/spinlock.h"

struct lru_list {
    struct spinlock lock;   /* RANK_LRU */
    struct list_head pages; /* least recently used first */
    uint64_t count;
};

extern struct lru_list file_lru; /* pages of files */

void lru_init(struct lru_list *list);
void add_to_lru(struct lru_list *list, struct page *page);      /* as the most recently used */
/* may be called when it is not on it */
void remove_from_lru(struct lru_list *list, struct page *page);
/*
 * The least recently used page, with a reference, moved to the other end; NULL: the list is empty.
 * A page with PAGE_REFERENCED loses the flag and gets another round.
 */
struct page *get_lru_page(struct lru_list *list);

#endif
