/* On the host a function that is not written yet ends its case, and says its name. */
#ifndef LABS_NOT_WRITTEN_H
#define LABS_NOT_WRITTEN_H

void not_written(const char *function) __attribute__((noreturn));

#endif
