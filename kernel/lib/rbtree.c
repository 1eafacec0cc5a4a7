/*
 * Red-black trees (Guibas and Sedgewick). What always holds outside the functions here:
 *   the root is black; a red node has no red child;
 *   every path from a node down to a missing child meets the same number of black nodes.
 * So the longest path is at most twice the shortest.
 */
#include "lib/rbtree.h"

static bool is_red(const struct rb_node *node)
{
    return node && node->red; /* a missing child counts as black */
}

/* Where old hangs, new will hang (new may be NULL). */
static void replace_child(struct rb_root *root, struct rb_node *old, struct rb_node *new)
{
    struct rb_node *parent = old->parent;

    if (!parent)
        root->node = new;
    else if (parent->left == old)
        parent->left = new;
    else
        parent->right = new;
    if (new)
        new->parent = parent;
}

/* top's right child comes up and top becomes its left child, or (left_up) the mirror image. */
static struct rb_node *rotate(struct rb_root *root, struct rb_node *top, bool left_up,
                              rb_augment_fn augment)
{
    struct rb_node *up = left_up ? top->left : top->right;
    struct rb_node *middle = left_up ? up->right : up->left;

    replace_child(root, top, up);
    if (left_up) {
        up->right = top;
        top->left = middle;
    } else {
        up->left = top;
        top->right = middle;
    }
    top->parent = up;
    if (middle)
        middle->parent = top;
    if (augment) {
        augment(top);
        augment(up); /* the subtree as a whole is what it was: ancestors need nothing */
    }
    return up;
}

void rb_update(struct rb_node *node, rb_augment_fn augment)
{
    for (; node && augment; node = node->parent)
        augment(node);
}

void rb_link_node(struct rb_node *node, struct rb_node *parent, struct rb_node **link)
{
    node->parent = parent;
    node->left = NULL;
    node->right = NULL;
    node->red = true;
    *link = node;
}

void rb_insert(struct rb_root *root, struct rb_node *node, rb_augment_fn augment)
{
    rb_update(node, augment);
    /* Only one rule can be broken: node is red, and its parent may be too. */
    while (is_red(node->parent)) {
        struct rb_node *parent = node->parent;
        struct rb_node *grandparent = parent->parent; /* there is one: the root is black */
        bool parent_left = grandparent->left == parent;
        struct rb_node *uncle = parent_left ? grandparent->right : grandparent->left;

        if (is_red(uncle)) { /* both turn black, and the trouble moves two levels up */
            parent->red = false;
            uncle->red = false;
            grandparent->red = true;
            node = grandparent;
            continue;
        }
        if (node == (parent_left ? parent->right : parent->left)) /* make it an outer grandchild */
            parent = rotate(root, parent, !parent_left, augment);
        parent->red = false;
        grandparent->red = true;
        rotate(root, grandparent, parent_left, augment);
        break;
    }
    root->node->red = false;
}

/* Paths through the child of parent on the given side (child may be NULL) lack one black node. */
static void erase_repair(struct rb_root *root, struct rb_node *child, struct rb_node *parent,
                         rb_augment_fn augment)
{
    while (parent && !is_red(child)) {
        bool left = parent->left == child;
        struct rb_node *sibling = left ? parent->right : parent->left; /* there is one */
        struct rb_node *near, *far;

        if (sibling->red) { /* get a black one */
            sibling->red = false;
            parent->red = true;
            rotate(root, parent, !left, augment);
            sibling = left ? parent->right : parent->left;
        }
        near = left ? sibling->left : sibling->right;
        far = left ? sibling->right : sibling->left;
        if (!is_red(near) && !is_red(far)) { /* shorten that side too, and go up */
            sibling->red = true;
            child = parent;
            parent = child->parent;
            continue;
        }
        if (!is_red(far)) { /* near comes up between the two; colours follow below */
            far = sibling;
            sibling = rotate(root, sibling, left, augment);
        }
        sibling->red = parent->red;
        parent->red = false;
        far->red = false;
        rotate(root, parent, !left, augment);
        return;
    }
    if (child)
        child->red = false;
}

/* Takes out a node with both children: its successor, which has no left child, takes its place. */
static void erase_inner(struct rb_root *root, struct rb_node *node, rb_augment_fn augment)
{
    struct rb_node *successor = rb_next(node);
    struct rb_node *child = successor->right;
    struct rb_node *parent = successor->parent; /* of the gap that the successor leaves */
    bool removed_red = successor->red;

    replace_child(root, successor, child);
    if (parent == node)
        parent = successor;
    replace_child(root, node, successor);
    successor->red = node->red;
    successor->left = node->left; /* read only now: the gap may have been node's right child */
    successor->right = node->right;
    successor->left->parent = successor;
    if (successor->right)
        successor->right->parent = successor;
    rb_update(parent, augment);
    if (!removed_red)
        erase_repair(root, child, parent, augment);
}

void rb_erase(struct rb_root *root, struct rb_node *node, rb_augment_fn augment)
{
    struct rb_node *child = node->left ? node->left : node->right;
    struct rb_node *parent = node->parent;

    if (node->left && node->right) {
        erase_inner(root, node, augment);
        return;
    }
    replace_child(root, node, child);
    rb_update(child ? child : parent, augment); /* child: a neighbour, as one inserted is */
    if (!node->red)
        erase_repair(root, child, parent, augment);
}

struct rb_node *rb_first(const struct rb_root *root)
{
    struct rb_node *node = root->node;

    while (node && node->left)
        node = node->left;
    return node;
}

struct rb_node *rb_last(const struct rb_root *root)
{
    struct rb_node *node = root->node;

    while (node && node->right)
        node = node->right;
    return node;
}

struct rb_node *rb_next(const struct rb_node *node)
{
    if (node->right)
        return rb_first(&(struct rb_root){node->right});
    while (node->parent && node->parent->right == node)
        node = node->parent;
    return node->parent;
}

struct rb_node *rb_prev(const struct rb_node *node)
{
    if (node->left)
        return rb_last(&(struct rb_root){node->left});
    while (node->parent && node->parent->left == node)
        node = node->parent;
    return node->parent;
}
