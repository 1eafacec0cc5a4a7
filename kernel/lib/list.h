/*
 * Circular doubly linked lists. A struct list_head is both the head of a list and the link that an
 * element carries; container_of() finds the element that a link is part of. A head that is alone
 * points to itself, and so does a link after list_init() or list_del_init().
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct list_head {
    struct list_head *next, *prev;
};

#define LIST_HEAD_INIT(name) {&(name), &(name)}

/* The struct of the given type, from a pointer to its member. */
#define container_of(pointer, type, member) ((type *)((char *)(pointer) - offsetof(type, member)))

/* link walks along the list. */
#define list_for_each(link, head) \
    for (link = (head)->next; link != (head); link = link->next)

/* element walks along the elements; member is their link. The safe form allows to remove it. */
#define list_for_each_element(element, head, member)                                           \
    for (struct list_head *link_ = (head)->next;                                               \
         link_ != (head) && (element = container_of(link_, __typeof__(*element), member), 1);  \
         link_ = link_->next)

#define list_for_each_element_safe(element, head, member)                                      \
    for (struct list_head *link_ = (head)->next, *after_ = link_->next;                        \
         link_ != (head) && (element = container_of(link_, __typeof__(*element), member), 1);  \
         link_ = after_, after_ = link_->next)

static inline void list_init(struct list_head *head)
{
    head->next = head;
    head->prev = head;
}

static inline bool list_empty(const struct list_head *head)
{
    return head->next == head;
}

static inline void list_insert_between(struct list_head *link, struct list_head *prev,
                                       struct list_head *next)
{
    link->prev = prev;
    link->next = next;
    prev->next = link;
    next->prev = link;
}

static inline void list_add(struct list_head *link, struct list_head *head) /* first */
{
    list_insert_between(link, head, head->next);
}

static inline void list_add_tail(struct list_head *link, struct list_head *head) /* last */
{
    list_insert_between(link, head->prev, head);
}

/* The link's own pointers are dead afterwards. */
static inline void list_del(struct list_head *link)
{
    link->prev->next = link->next;
    link->next->prev = link->prev;
}

static inline void list_del_init(struct list_head *link)
{
    list_del(link);
    list_init(link);
}

static inline void list_move(struct list_head *link, struct list_head *head) /* to its front */
{
    list_del(link);
    list_add(link, head);
}

/* The first link, or NULL in an empty list. */
static inline struct list_head *list_first(const struct list_head *head)
{
    return list_empty(head) ? NULL : head->next;
}

/* The same for the element itself, of the given type. */
#define list_first_element(head, type, member) \
    (list_empty(head) ? NULL : container_of((head)->next, type, member))
