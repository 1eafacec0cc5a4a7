/*
 * One function for each system call. The number goes in a7, the arguments in a0 to a5, the result
 * comes back in a0: a negative one is an error number, which becomes errno and -1. The kernel
 * keeps every other register.
 */
#include "user.h"

#undef errno
int errno; /* the first thread's */

/*
 * The register tp is 0 in a program's first thread, and leads to a struct thread in those of
 * thread_spawn(), which begins with its errno.
 */
int *errno_address(void)
{
    int *own;

    __asm__("mv %0, tp" : "=r"(own));
    return own ? own : &errno;
}

static inline long call_result(long result)
{
    if (__builtin_expect(result < 0, 0)) {
        *errno_address() = (int)-result;
        return -1;
    }
    return result;
}

static inline long call0(long number)
{
    register long a7 __asm__("a7") = number;
    register long a0 __asm__("a0");

    __asm__ volatile("ecall" : "=r"(a0) : "r"(a7) : "memory");
    return call_result(a0);
}

static inline long call1(long number, long first)
{
    register long a7 __asm__("a7") = number;
    register long a0 __asm__("a0") = first;

    __asm__ volatile("ecall" : "+r"(a0) : "r"(a7) : "memory");
    return call_result(a0);
}

static inline long call2(long number, long first, long second)
{
    register long a7 __asm__("a7") = number;
    register long a0 __asm__("a0") = first;
    register long a1 __asm__("a1") = second;

    __asm__ volatile("ecall" : "+r"(a0) : "r"(a7), "r"(a1) : "memory");
    return call_result(a0);
}

static inline long call3(long number, long first, long second, long third)
{
    register long a7 __asm__("a7") = number;
    register long a0 __asm__("a0") = first;
    register long a1 __asm__("a1") = second;
    register long a2 __asm__("a2") = third;

    __asm__ volatile("ecall" : "+r"(a0) : "r"(a7), "r"(a1), "r"(a2) : "memory");
    return call_result(a0);
}

static inline long call4(long number, long first, long second, long third, long fourth)
{
    register long a7 __asm__("a7") = number;
    register long a0 __asm__("a0") = first;
    register long a1 __asm__("a1") = second;
    register long a2 __asm__("a2") = third;
    register long a3 __asm__("a3") = fourth;

    __asm__ volatile("ecall" : "+r"(a0) : "r"(a7), "r"(a1), "r"(a2), "r"(a3) : "memory");
    return call_result(a0);
}

static inline long call6(long number, long first, long second, long third, long fourth,
                         long fifth, long sixth)
{
    register long a7 __asm__("a7") = number;
    register long a0 __asm__("a0") = first;
    register long a1 __asm__("a1") = second;
    register long a2 __asm__("a2") = third;
    register long a3 __asm__("a3") = fourth;
    register long a4 __asm__("a4") = fifth;
    register long a5 __asm__("a5") = sixth;

    __asm__ volatile("ecall"
                     : "+r"(a0)
                     : "r"(a7), "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5)
                     : "memory");
    return call_result(a0);
}

void (*fork_guard)(int locked) __attribute__((weak)); /* NULL without malloc */

int fork(void)
{
    void (*guard)(int locked) = fork_guard;
    int pid;

    if (guard)
        guard(1);
    pid = (int)call0(SYS_fork);
    if (guard)
        guard(0);
    return pid;
}

/* A program without output of the library has neither, and no page of variables for them. */
extern int (*output_check)(int status) __attribute__((weak));

int exit(int status)
{
    if (&output_check && output_check)
        status = output_check(status);
    call1(SYS_exit, status);
    __builtin_unreachable();
}

int wait(int *status)
{
    return (int)call1(SYS_wait, (long)status);
}

int wait_info(int *status, int *cause)
{
    return (int)call2(SYS_wait_info, (long)status, (long)cause);
}

int kill(int pid)
{
    return (int)call1(SYS_kill, pid);
}

int foreground(int pid)
{
    return (int)call1(SYS_foreground, pid);
}

int exec(const char *path, char *const argv[])
{
    return (int)call2(SYS_exec, (long)path, (long)argv);
}

int getpid(void)
{
    return (int)call0(SYS_getpid);
}

int getppid(void)
{
    return (int)call0(SYS_getppid);
}

int pause(int ticks)
{
    return (int)call1(SYS_pause, ticks);
}

/* xv6 called it sleep until 2024. */
int sleep(int ticks)
{
    return (int)call1(SYS_pause, ticks);
}

int uptime(void)
{
    return (int)call0(SYS_uptime);
}

char *sys_sbrk(int bytes, int mode)
{
    return (char *)call2(SYS_sbrk, bytes, mode);
}

char *sbrk(int bytes)
{
    return (char *)call2(SYS_sbrk, bytes, SBRK_EAGER);
}

char *sbrklazy(int bytes)
{
    return (char *)call2(SYS_sbrk, bytes, SBRK_LAZY);
}

int open(const char *path, int flags)
{
    return (int)call2(SYS_open, (long)path, flags);
}

int close(int fd)
{
    return (int)call1(SYS_close, fd);
}

ssize_t read(int fd, void *buffer, size_t bytes)
{
    return call3(SYS_read, fd, (long)buffer, (long)bytes);
}

ssize_t write(int fd, const void *buffer, size_t bytes)
{
    return call3(SYS_write, fd, (long)buffer, (long)bytes);
}

off_t lseek(int fd, off_t offset, int whence)
{
    return call3(SYS_lseek, fd, offset, whence);
}

int ftruncate(int fd, off_t size)
{
    return (int)call2(SYS_ftruncate, fd, size);
}

int fsync(int fd)
{
    return (int)call1(SYS_fsync, fd);
}

void sync(void)
{
    call0(SYS_sync);
}

int fstat(int fd, struct stat *status)
{
    return (int)call2(SYS_fstat, fd, (long)status);
}

int dup(int fd)
{
    return (int)call1(SYS_dup, fd);
}

int pipe(int fd[2])
{
    return (int)call1(SYS_pipe, (long)fd);
}

int chdir(const char *path)
{
    return (int)call1(SYS_chdir, (long)path);
}

int mkdir(const char *path)
{
    return (int)call1(SYS_mkdir, (long)path);
}

int mknod(const char *path, int major, int minor)
{
    return (int)call3(SYS_mknod, (long)path, major, minor);
}

int link(const char *old_path, const char *new_path)
{
    return (int)call2(SYS_link, (long)old_path, (long)new_path);
}

int unlink(const char *path)
{
    return (int)call1(SYS_unlink, (long)path);
}

int vmstat(int pid, struct vm_stats *stats, int flags)
{
    return (int)call3(SYS_vmstat, pid, (long)stats, flags);
}

int memlimit(int frames, int policy)
{
    return (int)call2(SYS_memlimit, frames, policy);
}

int poweroff(int status)
{
    return (int)call1(SYS_poweroff, status);
}

int swapon(const char *disk)
{
    return (int)call1(SYS_swapon, (long)disk);
}

int swapoff(const char *disk)
{
    return (int)call1(SYS_swapoff, (long)disk);
}

int procinfo(struct proc_info *table, int rows)
{
    return (int)call2(SYS_procinfo, (long)table, rows);
}

void *mmap(void *address, size_t length, int prot, int flags, int fd, off_t offset)
{
    return (void *)call6(SYS_mmap, (long)address, (long)length, prot, flags, fd, (long)offset);
}

int munmap(void *address, size_t length)
{
    return (int)call2(SYS_munmap, (long)address, (long)length);
}

int mprotect(void *address, size_t length, int prot)
{
    return (int)call3(SYS_mprotect, (long)address, (long)length, prot);
}

int msync(void *address, size_t length, int flags)
{
    return (int)call3(SYS_msync, (long)address, (long)length, flags);
}

int madvise(void *address, size_t length, int advice)
{
    return (int)call3(SYS_madvise, (long)address, (long)length, advice);
}

int mincore(void *address, size_t length, unsigned char *present)
{
    return (int)call3(SYS_mincore, (long)address, (long)length, (long)present);
}

int mlock(const void *address, size_t length)
{
    return (int)call2(SYS_mlock, (long)address, (long)length);
}

int munlock(const void *address, size_t length)
{
    return (int)call2(SYS_munlock, (long)address, (long)length);
}

void thread_exit(void)
{
    call0(SYS_thread_exit);
    __builtin_unreachable();
}

/* A return from function goes to thread_exit(). */
int thread_create(void (*function)(void *), void *argument, void *stack_top)
{
    return (int)call4(SYS_thread_create, (long)function, (long)argument, (long)stack_top,
                      (long)thread_exit);
}

int thread_join(int thread)
{
    return (int)call1(SYS_thread_join, thread);
}

int futex_wait(int *address, int value)
{
    return (int)call2(SYS_futex_wait, (long)address, value);
}

int futex_wake(int *address, int count)
{
    return (int)call2(SYS_futex_wake, (long)address, count);
}
