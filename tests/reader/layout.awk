# Makes the C source of the table that tests/reader/layout.list describes.
BEGIN {
    print "/* Made from tests/reader/layout.list. */"
    print "#include <stddef.h>\n#include <stdint.h>"
}
/^#/ || NF == 0 { next }
$1 == "version" { version = $2; next }
$1 == "header" { printf "#include \"%s\"\n", $2; next }
$1 == "struct" {
    type = substr($2, 1, length($2) - 1)
    for (i = 3; i <= NF; i++)
        row(type "." $i, "offsetof(struct " type ", " $i ")",
            "sizeof(((struct " type " *)0)->" $i ")")
    next
}
$1 == "size" { for (i = 2; i <= NF; i++) row($i, 0, "sizeof(struct " $i ")"); next }
$1 == "number" { for (i = 2; i <= NF; i++) row($i, $i, 0); next }
{ print "#error tests/reader/layout.list, line " NR }

function row(name, offset, size)
{
    rows = rows sprintf("    {\"%s\", %s, %s},\n", name, offset, size)
}

END {
    print "const uint32_t kernel_layout_version = " version ";"
    print "const struct { char name[40]; uint32_t offset, size; } kernel_layout[] = {"
    printf "%s};\n", rows
}
