/* needs: vm/cache/dirty.c */
/*
 * What cache/dirty.h promises of a sync: each object that was dirty when it began is written back
 * before it ends, whatever others do while one of them is being written.
 */
#include "mock.h"

#include "abi/errno.h"
#include "mem/frame.h"
#include "thread/thread.h"
#include "vm/cache/dirty.h"

#define OBJECTS 4u

static struct vm_object old[OBJECTS], fresh[OBJECTS];
static uint32_t written[OBJECTS], uses;
static struct vm_object *failing; /* cannot be written */
static bool killed;               /* the one that writes back now */
static void (*meanwhile)(void);   /* what others do during the next write */

uint64_t frame_managed;

void rmap_write_protect(struct page *page)
{
    (void)page;
}

struct page *page_tree_next(const struct page_tree *tree, uint64_t from)
{
    (void)tree;
    (void)from;
    return NULL;
}

static void get(struct vm_object *object)
{
    (void)object;
    uses++;
}

static void put(struct vm_object *object)
{
    (void)object;
    uses--;
}

static int write_back(struct vm_object *object)
{
    void (*others)(void) = meanwhile;

    meanwhile = NULL;
    if (others)
        others();
    if (killed)
        return -EINTR;
    if (object >= old && object < old + OBJECTS)
        written[object - old]++;
    if (object == failing)
        return -EIO;
    while (object->dirty_count)
        dirty_remove(object);
    return 0;
}

static const struct vm_object_ops ops = {.get = get, .put = put, .write_back = write_back};

static void make(struct vm_object *object)
{
    memset(object, 0, sizeof(*object));
    list_init(&object->dirty_link);
    object->ops = &ops;
}

/* All the old ones are dirty, in order. */
static void start(void)
{
    static struct thread self;

    harts[0].thread = &self;
    memset(written, 0, sizeof(written));
    for (uint32_t i = 0; i < OBJECTS; i++) {
        make(&old[i]);
        make(&fresh[i]);
        dirty_add(&old[i]);
    }
}

static void stop(void)
{
    failing = NULL;
    assert_int_equal(object_sync_all(), 0);
    assert_int_equal(uses, 0);
    assert_int_equal(object_dirty_total(), 0);
    assert_int_equal(mock_locks_held, 0);
}

static void need_all_written(void)
{
    for (uint32_t i = 0; i < OBJECTS; i++)
        assert_int_equal(written[i], 1);
}

static void others_dirty_theirs(void)
{
    for (uint32_t i = 0; i < OBJECTS; i++)
        dirty_add(&fresh[i]);
}

/* Much is dirty, so writers help first: each begins with what is dirty longest, and is killed. */
static void writers_are_killed(void)
{
    struct vm_object clean;

    others_dirty_theirs();
    make(&clean);
    killed = true;
    for (uint32_t i = 0; i < OBJECTS; i++)
        assert_int_equal(object_throttle(&clean), -EINTR);
    killed = false;
}

static void a_sync_writes_what_killed_writers_left(void **state)
{
    (void)state;
    start();
    meanwhile = writers_are_killed;
    assert_int_equal(object_sync_all(), 0);
    need_all_written();
    stop();
}

/* One that cannot be written is tried once, and does not keep the others from the disk. */
static void a_failing_object_is_no_obstacle(void **state)
{
    (void)state;
    start();
    failing = &old[0];
    assert_int_equal(object_sync_all(), -EIO);
    need_all_written();
    assert_int_equal(object_dirty_total(), 1);
    stop();
}

/* Writers that have to wait do not all begin with it in vain either. */
static void a_writer_passes_over_a_failing_object(void **state)
{
    struct vm_object clean;

    (void)state;
    start();
    make(&clean);
    failing = &old[0];
    for (uint32_t i = 1; i < OBJECTS; i++) {
        assert_int_equal(object_throttle(&clean), 0);
        assert_int_equal(object_dirty_total(), OBJECTS - i);
    }
    assert_int_equal(written[0], OBJECTS - 1);
    stop();
}

/* What becomes dirty after it began is not waited for: else it would never end. */
static void a_sync_ends(void **state)
{
    (void)state;
    start();
    meanwhile = others_dirty_theirs;
    assert_int_equal(object_sync_all(), 0);
    need_all_written();
    assert_int_equal(object_dirty_total(), OBJECTS);
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sync_writes_what_killed_writers_left),
        cmocka_unit_test(a_failing_object_is_no_obstacle),
        cmocka_unit_test(a_writer_passes_over_a_failing_object),
        cmocka_unit_test(a_sync_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
