/*
 * Which kind of registers an instruction uses (unprivileged specification, "RV32/64G Instruction
 * Set Listings", "V" and "C" extensions), for the line that says why a program was killed.
 */
#pragma once

#include <stdint.h>

enum instruction_unit { UNIT_INTEGER, UNIT_FLOAT, UNIT_VECTOR };

static inline enum instruction_unit instruction_unit(uint32_t bits)
{
    uint32_t width = bits >> 12 & 7;

    switch (bits & 0x7f) {
    case 0x57:
        return UNIT_VECTOR;
    case 0x07: /* loads and stores of both kinds: the width tells them apart */
    case 0x27:
        return width >= 1 && width <= 4 ? UNIT_FLOAT : UNIT_VECTOR;
    case 0x73: /* control registers: fflags, frm, fcsr; vstart to vcsr; vl, vtype, vlenb */
        if (bits >> 20 >= 1 && bits >> 20 <= 3)
            return UNIT_FLOAT;
        return (bits >> 20 >= 8 && bits >> 20 <= 15) || bits >> 24 == 0xc2 ? UNIT_VECTOR
                                                                          : UNIT_INTEGER;
    }
    if ((bits & 0x73) == 0x43 || (bits & 0x7f) == 0x53)
        return UNIT_FLOAT; /* fmadd to fnmadd; the others */
    if ((bits & 1) == 0 && ((bits >> 13 & 7) == 1 || (bits >> 13 & 7) == 5))
        return UNIT_FLOAT; /* c.fld, c.fsd, c.fldsp, c.fsdsp */
    return UNIT_INTEGER;
}
