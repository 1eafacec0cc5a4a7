/* The student's file; its function is not static. */
#include LAB_FILE
