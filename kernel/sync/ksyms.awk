# Makes the kernel's symbol table for backtraces from `nm -n`: pairs of address and name, sorted
# by address, then their number, then the names. Without input the table is empty, and because
# .ksyms is the last section of the image a second link with the full table moves nothing else.
BEGIN { n = 0 }
$2 ~ /^[tT]$/ && $3 !~ /^[.$]/ { address[n] = $1; name[n++] = $3 }
END {
    print ".section .ksyms, \"a\""
    print ".balign 8\n.globl ksyms, ksyms_count"
    print "ksyms:"
    for (i = 0; i < n; i++)
        printf ".quad 0x%s, ksyms_name_%d\n", address[i], i
    printf "ksyms_count: .quad %d\n", n
    for (i = 0; i < n; i++)
        printf "ksyms_name_%d: .asciz \"%s\"\n", i, name[i]
}
