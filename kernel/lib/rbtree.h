/*
 * Red-black trees, intrusive: the node is a member of the element, container_of() finds the
 * element. The user searches by himself, going left and right from root->node, and links a new node
 * where the search ended; the tree then balances itself:
 *
 *     rb_link_node(&new->node, parent, link);   link = &root->node, &parent->left or &parent->right
 *     rb_insert(root, &new->node, augment);
 *
 * augment, where it is not NULL, recomputes what an element knows of its whole subtree (a largest
 * gap, a count) from the element itself and its two children. The tree calls it, children first,
 * for every node of a subtree that has changed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct rb_node {
    struct rb_node *parent, *left, *right;
    bool red;
};

struct rb_root {
    struct rb_node *node; /* NULL: empty */
};

typedef void (*rb_augment_fn)(struct rb_node *node);

void rb_link_node(struct rb_node *node, struct rb_node *parent, struct rb_node **link);
void rb_insert(struct rb_root *root, struct rb_node *node, rb_augment_fn augment);
void rb_erase(struct rb_root *root, struct rb_node *node, rb_augment_fn augment);

/* The element's own part of what augment computes has changed: recomputes it and its ancestors. */
void rb_update(struct rb_node *node, rb_augment_fn augment);

/* In order; NULL where there is none. */
struct rb_node *rb_first(const struct rb_root *root);
struct rb_node *rb_last(const struct rb_root *root);
struct rb_node *rb_next(const struct rb_node *node);
struct rb_node *rb_prev(const struct rb_node *node);
