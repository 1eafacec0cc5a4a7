/* Replays an image's log with the kernel's own recovery. See replay.h. */
#include "replay.h"

#include <string.h>

#include "fs/recover.h"

static struct image *replayed;

static int read_block(uint32_t number, void *data)
{
    const void *block = image_block(replayed, number);

    if (!block)
        return -1;
    memcpy(data, block, DISK_BLOCK_SIZE);
    return 0;
}

static int write_block(uint32_t number, const void *data)
{
    void *block = image_block(replayed, number);

    if (!block)
        return -1;
    memcpy(block, data, DISK_BLOCK_SIZE);
    return 0;
}

static int flush(void)
{
    return 0;
}

bool replay_log(struct image *image)
{
    const struct recover_io io = {read_block, write_block, flush};
    struct disk_super super = *image_super(image);
    struct disk_log_header header;
    uint8_t data[DISK_BLOCK_SIZE] __attribute__((aligned(8)));
    uint64_t sequence;

    replayed = image;
    if (log_recover(&io, &super, &header, data, &sequence) < 0)
        return image_fail(image, "log: cannot be replayed");
    return image_check_super(image);
}
