/* Error numbers, and why children ended, in words. */
#include "user.h"

static const char *const messages[] = {
    [0] = "success",
    [EPERM] = "not permitted",
    [ENOENT] = "no such file or directory",
    [ESRCH] = "no such process",
    [EINTR] = "interrupted",
    [EIO] = "input or output error",
    [ENXIO] = "no driver for this device",
    [E2BIG] = "argument list too long",
    [ENOEXEC] = "not an executable file",
    [EBADF] = "bad file descriptor",
    [ECHILD] = "no child process",
    [EAGAIN] = "too many processes",
    [ENOMEM] = "out of memory",
    [EACCES] = "permission denied",
    [EFAULT] = "bad address",
    [EBUSY] = "busy",
    [EEXIST] = "exists already",
    [EXDEV] = "on another disk",
    [ENODEV] = "no such device",
    [ENOTDIR] = "not a directory",
    [EISDIR] = "is a directory",
    [EINVAL] = "invalid argument",
    [ENFILE] = "too many open files in the system",
    [EMFILE] = "too many open files",
    [ETXTBSY] = "the program is running",
    [EFBIG] = "file too large",
    [ENOSPC] = "disk full",
    [ESPIPE] = "cannot seek",
    [EROFS] = "read-only file system",
    [EMLINK] = "too many links",
    [EPIPE] = "nobody reads the pipe",
    [ERANGE] = "number out of range",
    [EDEADLK] = "deadlock",
    [ENAMETOOLONG] = "name too long",
    [ENOSYS] = "no such system call",
    [ENOTEMPTY] = "directory not empty",
    [EOVERFLOW] = "value too large",
};

const char *strerror(int error)
{
    int known = sizeof(messages) / sizeof(messages[0]);

    if (error < 0 || error >= known || messages[error] == NULL)
        return "unknown error";
    return messages[error];
}

#define CAUSE_WORDS(name, words) words,

const char *cause_name(int cause)
{
    static const char *const words[] = {FOR_EACH_CAUSE(CAUSE_WORDS)};

    return cause < 0 || cause >= CAUSES ? "unknown cause" : words[cause];
}

void warn(const char *program, const char *what)
{
    fprintf(STDERR, "%s: %s: %s\n", program, what, strerror(errno));
}

void die(const char *program, const char *what)
{
    warn(program, what);
    exit(1);
}
