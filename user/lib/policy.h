/* Replacement policies, as a program names them. */
#pragma once

/* word: a name, or a number. Returns: 0; -1: there is no such policy. */
int find_policy(const char *word, long *policy);
