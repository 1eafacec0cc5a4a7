/* The rules of spaces with a quota, wired areas or memory that is not reserved. */
#pragma once

void rules_init(void); /* boot: spaces get them when they need them */
