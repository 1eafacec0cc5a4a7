/*
 * The C library of xv39's own programs, in one header: system calls, strings, printing, memory.
 * A call that fails gives -1 and sets errno (abi/errno.h); what needs no memory cannot fail.
 */
#ifndef USER_USER_H
#define USER_USER_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/disk.h"
#include "abi/errno.h"
#include "abi/fcntl.h"
#include "abi/limits.h"
#include "abi/mman.h"
#include "abi/stat.h"
#include "abi/syscall.h"
#include "abi/vm_stats.h"
#include "abi/wait.h"

#define PAGE_SIZE 4096
#define INT_MAX __INT_MAX__
#define LONG_MAX __LONG_MAX__
#define STDIN 0
#define STDOUT 1
#define STDERR 2
#define SBRK_ERROR ((char *)-1)
#define WAIT_KILLED (-1) /* the status that wait() gives for a child that was killed */

typedef long ssize_t;
typedef long off_t;

/* System calls: lib/syscall.c */
/*
 * Each thread that thread_spawn() made has an errno of its own. Threads made by thread_create()
 * itself share that of the first thread, and cannot rely on it.
 */
int *errno_address(void);
#define errno (*errno_address())
int fork(void);
int exit(int status) __attribute__((noreturn));
int wait(int *status); /* any child; status may be NULL */
/* The same, and why it ended: enum wait_cause. A killed child's status is -1. Both may be NULL. */
int wait_info(int *status, int *cause);
int kill(int pid);
/*
 * The job that Ctrl-C kills: process pid, and what it forks from now on. 0: none. -pid: that
 * process leaves its job.
 */
int foreground(int pid);
int exec(const char *path, char *const argv[]);
int getpid(void);
int getppid(void);
int pause(int ticks); /* TICKS_PER_SECOND */
int sleep(int ticks);
int uptime(void); /* ticks since boot */
char *sbrk(int bytes);
char *sbrklazy(int bytes);
char *sys_sbrk(int bytes, int mode);
int open(const char *path, int flags);
int close(int fd);
ssize_t read(int fd, void *buffer, size_t bytes);
ssize_t write(int fd, const void *buffer, size_t bytes);
off_t lseek(int fd, off_t offset, int whence);
int ftruncate(int fd, off_t size);
int fsync(int fd);
void sync(void);
int fstat(int fd, struct stat *status);
int dup(int fd);
int pipe(int fd[2]);
int chdir(const char *path);
int mkdir(const char *path);
int mknod(const char *path, int major, int minor);
int link(const char *old_path, const char *new_path);
int unlink(const char *path);
int vmstat(int pid, struct vm_stats *stats, int flags);
int memlimit(int frames, int policy);
int poweroff(int status);
int swapon(const char *disk);  /* a disk by its name */
int swapoff(const char *disk); /* ENOMEM: what was promised needs it */
int procinfo(struct proc_info *table, int rows);
void *mmap(void *address, size_t length, int prot, int flags, int fd, off_t offset);
int munmap(void *address, size_t length);
int mprotect(void *address, size_t length, int prot);
int msync(void *address, size_t length, int flags);
int madvise(void *address, size_t length, int advice);
int mincore(void *address, size_t length, unsigned char *present);
int mlock(const void *address, size_t length);
int munlock(const void *address, size_t length);
/* Threads: lib/thread.h has what programs want; these are the calls below it. */
int thread_create(void (*function)(void *), void *argument, void *stack_top);
int thread_join(int thread);
void thread_exit(void) __attribute__((noreturn));
int futex_wait(int *address, int value); /* 0: woken; EAGAIN: the word has another value */
int futex_wake(int *address, int count); /* how many */

/* Strings and bytes: lib/string.c, lib/number.c */
void *memcpy(void *to, const void *from, size_t bytes);
void *memmove(void *to, const void *from, size_t bytes);
void *memset(void *to, int byte, size_t bytes);
int memcmp(const void *a, const void *b, size_t bytes);
size_t strlen(const char *string);
char *strcpy(char *to, const char *from);
char *strncpy(char *to, const char *from, size_t bytes);
char *strcat(char *to, const char *from);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t bytes);
char *strchr(const char *string, char character);
char *strrchr(const char *string, char character);
char *strstr(const char *string, const char *part);
int atoi(const char *string);
long strtol(const char *string, char **end, int base);
/* 0 if the whole string is a number from least to most, else -1: EINVAL, or ERANGE. */
int parse_number(const char *string, long least, long most, long *value);
/* That number; or it says what is wrong with the string, and exits with 1. */
long number_or_die(const char *program, const char *string, long least, long most);

/*
 * Printing: lib/printf.c. The number of characters, or -1, if not all could be written. Where that
 * was standard output, the program's exit() says so, and ends with 1.
 * %d %i %u %x %X %p %c %s %%, with -, 0, width, .precision, l, ll, z.
 */
int printf(const char *format, ...) __attribute__((format(printf, 1, 2)));
int fprintf(int fd, const char *format, ...) __attribute__((format(printf, 2, 3)));
int snprintf(char *to, size_t room, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
int vfprintf(int fd, const char *format, va_list arguments);
int vsnprintf(char *to, size_t room, const char *format, va_list arguments);
void output_failed(void); /* the same for a program's own way of writing; errno says why */
extern int (*output_check)(int status); /* for exit(), once output is lost: the status */
extern const char *program_name;        /* argv[0] */
const char *strerror(int error);
const char *cause_name(int cause); /* of wait_info(), in words */
#define END_KILLED 125
int end_status(int status, int cause); /* both in one number, to exit with: lib/status.c */
int end_cause(int status);             /* the cause that is in such a number */
void warn(const char *program, const char *what);                             /* and errno */
void die(const char *program, const char *what) __attribute__((noreturn)); /* exits with 1 */

/*
 * Memory: lib/malloc.c. NULL and ENOMEM when there is none. Threads may use it at the same time,
 * and a child of fork, whatever other threads were about.
 */
void *malloc(size_t bytes);
void *calloc(size_t count, size_t bytes);
void *realloc(void *memory, size_t bytes);
void free(void *memory);
extern void (*fork_guard)(int locked); /* malloc's lock, for fork(); or NULL */

/* Files: lib/file.c */
int stat(const char *path, struct stat *status);
ssize_t read_full(int fd, void *buffer, size_t bytes); /* less only at the end of file */
int write_full(int fd, const void *buffer, size_t bytes);
char *gets(char *buffer, int max); /* one line of standard input, with its newline */

/* A file read line by line. */
struct lines {
    int fd;
    size_t start, end, room; /* buffer[start .. end) has been read, and not yet handed out */
    char *buffer;
    char saved; /* what buffer[start] was before the NUL of the line handed out last */
};
void lines_start(struct lines *lines, int fd);
char *lines_next(struct lines *lines, size_t *length); /* with its newline, NUL; NULL: the end */
void lines_stop(struct lines *lines);

/* The entry's name, NUL-terminated, in name. Returns 0 for a free entry, and for . and .. */
int dirent_name(const struct dirent *entry, char name[DIRSIZ + 1]);
/* to = directory/name. Returns 0, or -1 and ENAMETOOLONG. */
int path_join(char *to, size_t room, const char *directory, const char *name);
const char *path_last(const char *path); /* what follows the last slash */

#endif
