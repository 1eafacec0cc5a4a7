/*
 * The calls and library functions of xv6's programs, of 2022 and of 2025, and xv39's further calls.
 * No other names are declared, so that a program may use them for itself; the functions are those
 * of user/lib, or stand there under the name in __asm__ where xv6's do something else.
 */
#ifndef XV6_USER_H
#define XV6_USER_H

#include "kernel/types.h"

#define SBRK_ERROR ((char *)-1)

struct stat;

/* System calls. */
int fork(void);
int exit(int) __attribute__((noreturn));
int wait(int *);
int pipe(int *);
int write(int, const void *, int);
int read(int, void *, int);
int close(int);
int kill(int);
int exec(const char *, char **);
int open(const char *, int);
int mknod(const char *, short, short);
int unlink(const char *);
int fstat(int fd, struct stat *);
int link(const char *, const char *);
int mkdir(const char *);
int chdir(const char *);
int dup(int);
int getpid(void);
char *sys_sbrk(int, int);
char *sbrk(int);
char *sbrklazy(int);
int sleep(int);
int pause(int);
int uptime(void);
void *mmap(void *, uint64, int, int, int, uint64); /* of the mmap lab */
int munmap(void *, uint64);

/*
 * System calls that xv6 has not. Their constants are in kernel/fcntl.h; struct vm_stats is in
 * kernel/abi/vm_stats.h, struct proc_info in kernel/abi/syscall.h, what wait_info() tells in
 * kernel/abi/wait.h, and what errno can be in kernel/abi/errno.h.
 */
typedef long off_t;
struct vm_stats;
struct proc_info;
extern int errno;
off_t lseek(int fd, off_t offset, int whence);
int ftruncate(int fd, off_t size);
int fsync(int fd);
void sync(void);
int getppid(void);
int wait_info(int *status, int *cause);
int foreground(int pid);
int vmstat(int pid, struct vm_stats *, int flags);
int memlimit(int frames, int policy);
int poweroff(int status);
int swapon(const char *disk);
int swapoff(const char *disk);
int procinfo(struct proc_info *, int rows);
int mprotect(void *, uint64, int prot);
int msync(void *, uint64, int flags);
int madvise(void *, uint64, int advice);
int mincore(void *, uint64, uchar *present);
int mlock(const void *, uint64);
int munlock(const void *, uint64);
int thread_create(void (*)(void *), void *argument, void *stack_top);
int thread_join(int thread);
void thread_exit(void) __attribute__((noreturn));
int futex_wait(int *, int value);
int futex_wake(int *, int count);

/* Strings and files. */
int stat(const char *, struct stat *);
char *strcpy(char *, const char *);
void *memmove(void *, const void *, int);
char *strchr(const char *, char c);
int strcmp(const char *, const char *);
char *gets(char *, int max);
uint strlen(const char *);
void *memset(void *, int, uint);
int atoi(const char *) __asm__("xv6_atoi"); /* digits only: no blanks, no sign */
int memcmp(const void *, const void *, uint);
void *memcpy(void *, const void *, uint);

/* Printing. %x and %p have capitals. */
void fprintf(int, const char *, ...) __asm__("xv6_fprintf");
void printf(const char *, ...) __asm__("xv6_printf");

/* Memory. */
void *malloc(uint);
void free(void *);

#endif
