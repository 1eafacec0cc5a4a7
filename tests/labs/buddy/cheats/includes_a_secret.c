/* Wants a file of the grading machine in the compiler's words. */
#include "/etc/shadow"
