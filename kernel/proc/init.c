/* The first process. */
#include "abi/errno.h"
#include "fs/path.h"
#include "fs/file.h"
#include "proc/exec.h"
#include "proc/futex.h"
#include "proc/lifecycle.h"
#include "riscv/trap.h"
#include "sync/printf.h"

static int init_exec(struct process *init, const char *command)
{
    struct exec_arguments *arguments = exec_arguments_create();
    struct trap_frame *frame = trap_frame_of(process_only_thread(init)->stack);
    int result;

    if (!arguments)
        return -ENOMEM;
    result = exec_arguments_add(arguments, "init");
    if (result == 0 && command)
        result = exec_arguments_add(arguments, command);
    if (result == 0)
        result = process_exec(init, frame, "/init", arguments);
    if (result >= 0)
        frame->a0 = (uint64_t)result;
    exec_arguments_destroy(arguments);
    return result;
}

void process_start_init(const char *command)
{
    int result;

    process_table_init();
    futex_init();
    console_list_hook = process_print_all;
    result = process_create("init", &init_process);
    if (result == 0) {
        init_process->cwd = path_root();
        result = init_exec(init_process, command);
    }
    if (result == -ENOENT)
        printf("There is no program /init on the disk: make the image anew with mkfs "
               "(`make` builds build/fs.img).\n");
    else if (result < 0)
        printf("/init cannot be run: error %d\n", -result);
    if (result < 0)
        power_off(1);
    process_list(init_process, NULL);
}
