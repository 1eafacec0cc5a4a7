/*
 * exec. The new address space is built completely, with the arguments on its stack, before it is
 * used. Only then, when nothing can fail any more, it replaces the old one. Only the headers of the
 * file are read: segments are mapped, and their pages come in by page faults.
 *
 * The other threads of the process leave after the space is built; if one of them execs or exits
 * first, this exec is abandoned.
 *
 * Any number in the file may be wrong. What the headers say about the file is checked here; what
 * they say about addresses, mm_map_segment() checks.
 */
#include "proc/exec.h"

#include "abi/errno.h"
#include "abi/mman.h"
#include "fs/inode.h"
#include "fs/path.h"
#include "lib/string.h"
#include "mem/frame.h"
#include "mem/kmem.h"
#include "proc/elf.h"
#include "proc/lifecycle.h"
#include "riscv/user_state.h"
#include "sync/trace.h"
#include "vm/faults/page_rules.h"
#include "vm/faults/usercopy.h"
#include "vm/mapping/image.h"

/* A new program that is being built. */
struct image {
    struct inode *inode;
    struct mm_struct *mm;
    uint64_t entry, sp;
    bool entry_is_code; /* the entry lies in an executable segment */
};

struct exec_arguments *exec_arguments_create(void)
{
    struct exec_arguments *arguments = kmem_alloc(sizeof(*arguments), 0);
    struct page *page;

    _Static_assert(MAX_ARG_BYTES <= PAGE_SIZE, "the strings have a frame");
    if (!arguments)
        return NULL;
    page = frame_alloc(FRAME_BUFFER, 0);
    if (!page) {
        kmem_free(arguments);
        return NULL;
    }
    arguments->strings = page_va(page);
    return arguments;
}

void exec_arguments_destroy(struct exec_arguments *arguments)
{
    page_put(va_page(arguments->strings));
    kmem_free(arguments);
}

int exec_arguments_add(struct exec_arguments *arguments, const char *string)
{
    size_t bytes = strlen(string) + 1;

    if (arguments->count == MAX_ARGS || bytes > MAX_ARG_BYTES - arguments->bytes)
        return -E2BIG;
    memcpy(arguments->strings + arguments->bytes, string, bytes);
    arguments->offset[arguments->count++] = arguments->bytes;
    arguments->bytes += bytes;
    return 0;
}

int exec_arguments_fetch(struct exec_arguments *arguments, struct mm_struct *mm, uint64_t argv)
{
    for (;; argv += sizeof(uint64_t)) {
        uint64_t string;
        int result = user_copy_in(mm, &string, argv, sizeof(string));

        if (result < 0)
            return result;
        if (string == 0)
            return 0;
        if (arguments->count == MAX_ARGS || arguments->bytes == MAX_ARG_BYTES)
            return -E2BIG;
        result = user_copy_string(mm, arguments->strings + arguments->bytes, string,
                                  MAX_ARG_BYTES - arguments->bytes);
        if (result < 0)
            return result == -ENAMETOOLONG ? -E2BIG : result;
        arguments->offset[arguments->count++] = arguments->bytes;
        arguments->bytes += (uint32_t)result + 1;
    }
}

static int image_map_segment(struct image *image, const struct elf_segment *segment)
{
    uint64_t file_size = image->inode->object.size;
    int protection = PROT_READ; /* always: no page may be written but not read */

    if (segment->type != ELF_SEGMENT_LOAD || segment->mem_bytes == 0)
        return 0;
    if (segment->file_bytes > segment->mem_bytes || segment->offset > file_size ||
        segment->file_bytes > file_size - segment->offset)
        return -ENOEXEC;
    if ((segment->flags & ELF_EXECUTE) && image->entry >= segment->va &&
        image->entry - segment->va < segment->mem_bytes)
        image->entry_is_code = true;
    if (segment->flags & ELF_EXECUTE)
        protection |= PROT_EXEC;
    if (segment->flags & ELF_WRITE)
        protection |= PROT_WRITE;
    return mm_map_segment(image->mm, segment->va, segment->mem_bytes, protection,
                          &image->inode->object, segment->offset, segment->file_bytes);
}

static int read_exactly(struct inode *inode, void *data, uint64_t offset, uint64_t bytes)
{
    int64_t done = inode_read(inode, NULL, (uint64_t)data, offset, bytes);

    if (done < 0)
        return (int)done;
    return (uint64_t)done == bytes ? 0 : -ENOEXEC;
}

static bool header_is_ours(const struct elf_header *header, uint64_t file_size)
{
    return header->magic == ELF_MAGIC && header->class == ELF_CLASS_64 &&
           header->data == ELF_DATA_LITTLE && header->type == ELF_TYPE_EXECUTABLE &&
           header->machine == ELF_MACHINE_RISCV &&
           header->segment_size == sizeof(struct elf_segment) &&
           header->segment_count <= ELF_MAX_SEGMENTS && header->segment_offset <= file_size;
}

static int image_map_file(struct image *image)
{
    struct elf_header header;
    struct elf_segment segment;
    int error = read_exactly(image->inode, &header, 0, sizeof(header));

    if (error)
        return error;
    if (!header_is_ours(&header, image->inode->object.size))
        return -ENOEXEC;
    image->entry = header.entry;
    for (uint32_t i = 0; i < header.segment_count; i++) {
        error = read_exactly(image->inode, &segment,
                             header.segment_offset + i * sizeof(segment), sizeof(segment));
        if (!error)
            error = image_map_segment(image, &segment);
        if (error)
            return error;
    }
    return image->entry_is_code ? 0 : -ENOEXEC;
}

/* Pushes the strings onto the stack, then argv, to which sp then points. */
static int image_push_arguments(struct image *image, struct exec_arguments *arguments)
{
    const uint64_t align = ~15ul;
    uint64_t strings, argv;
    int error = mm_map_stack(image->mm, STACK_BYTES, &image->sp);

    if (error)
        return error;
    strings = (image->sp - arguments->bytes) & align;
    argv = (strings - (arguments->count + 1) * sizeof(uint64_t)) & align;
    for (uint32_t i = 0; i < arguments->count; i++)
        arguments->offset[i] += strings;
    arguments->offset[arguments->count] = 0;
    image->sp = argv;
    error = user_copy_out(image->mm, strings, arguments->strings, arguments->bytes);
    if (error)
        return error;
    return user_copy_out(image->mm, argv, arguments->offset,
                         (arguments->count + 1) * sizeof(uint64_t));
}

/* before: the process's old space, or NULL; the new one inherits its quota. */
static int image_build(struct image *image, struct mm_struct *before, struct inode *cwd,
                       const char *path, struct exec_arguments *arguments)
{
    int error = path_lookup(cwd, path, &image->inode);

    if (error)
        return error;
    error = -EACCES;
    if (inode_type(image->inode) != T_FILE)
        goto put_inode;
    error = -ENOMEM;
    image->mm = mm_create(NULL);
    if (!image->mm)
        goto put_inode;
    error = 0;
    if (before) { /* another thread may be setting the quota */
        rwlock_read_acquire(&before->lock);
        error = before->rules ? before->rules->inherit(image->mm, before) : 0;
        rwlock_read_release(&before->lock);
    }
    if (!error)
        error = image_map_file(image);
    if (!error)
        error = image_push_arguments(image, arguments);
    if (error)
        mm_put(image->mm);
put_inode:
    inode_put(image->inode); /* the areas have references of their own */
    return error;
}

static const char *last_name(const char *path)
{
    const char *name = path;

    for (; *path != '\0'; path++) {
        if (path[0] == '/' && path[1] != '\0' && path[1] != '/')
            name = path + 1;
    }
    return name;
}

int process_exec(struct process *process, struct trap_frame *frame, const char *path,
                 struct exec_arguments *arguments)
{
    bool running = process == current_process();
    struct inode *cwd = process_cwd(process);
    struct image image = {0};
    struct mm_struct *before;
    struct thread *thread;
    uint64_t letters;
    int error = image_build(&image, process->mm, cwd, path, arguments);

    inode_put(cwd);
    if (error)
        return error;
    if (running && process_take_over() < 0) {
        mm_put(image.mm);
        return -EINTR;
    }
    thread = process_only_thread(process);
    image.mm->pid = process->pid;
    strlcpy(image.mm->name, last_name(path), sizeof(image.mm->name));
    spin_lock(&process_lock);
    strlcpy(process->name, image.mm->name, sizeof(process->name));
    spin_unlock(&process_lock);
    strlcpy(thread->name, process->name, sizeof(thread->name));

    before = process_change_space(process, image.mm);
    if (running)
        mm_switch(image.mm);
    else
        thread->space = &image.mm->page_table;
    memcpy(&letters, process->name, sizeof(letters));
    trace_of(process->pid, TRACE_EXEC, letters, 0, 0);
    if (before) {
        before->pid = 0; /* its number is the new space's */
        mm_put(before);
    }
    user_state_init(frame, image.entry, image.sp);
    frame->a1 = image.sp;
    return (int)arguments->count;
}
