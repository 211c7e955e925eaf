# SPDX-License-Identifier: BSL-1.0
# Copyright (c) 2026 the tether authors
#
# Compares the code blocks of Markdown pages with the regions they quote. A
# block whose first line is '// file: PATH NAME' quotes the lines between two
# lines '// [NAME]' of PATH, their common indentation removed. A block that
# begins with '// file: PATH' alone quotes the whole file below its licence. A line
# '<!-- file: PATH [NAME] -->' right above a block does the same; in files with
# other comments a mark is '# [NAME]'.
# Run by snippets.sh.

function fail(line, text) {
    print FILENAME ":" line ": " text
    bad = 1
}

# Removes the indentation that all lines share, and empty lines at both ends.
function normalise(text,    list, count, i, indent, width, out) {
    count = split(text, list, "\n")
    width = -1
    for (i = 1; i <= count; i++)
        if (list[i] ~ /[^ ]/) {
            match(list[i], /^ */)
            if (width < 0 || RLENGTH < width)
                width = RLENGTH
        }
    out = ""
    for (i = 1; i <= count; i++)
        out = out (list[i] ~ /[^ ]/ ? substr(list[i], width + 1) : "") "\n"
    gsub(/^\n+/, "", out)
    gsub(/\n+$/, "", out)
    return out
}

function region(path, name,    line, text, inside, found, status, header) {
    text = ""
    inside = 0
    found = 0
    header = 1
    while ((status = (getline line < path)) > 0) {
        if (name == "") {
            if (header && line ~ /^(\/\/|#) (SPDX|Copyright)/)
                continue
            header = 0
            # Marks of regions and of ctest are not part of the quotation.
            if (line !~ /^ *\/\/ (\[[a-z0-9_-]+\]|ctest-match: .*)$/)
                text = text line "\n"
            found = 2
        } else if (line ~ ("^ *(//|#) \\[" name "\\]$")) {
            inside = !inside
            found++
        } else if (inside)
            text = text line "\n"
    }
    close(path)
    if (status < 0)
        return "\001no file"
    if (found != 2)
        return "\001" found " marks"
    return normalise(text)
}

FNR == 1 {
    inside_block = 0
    announced = ""
}

/^ *<!-- file: .* -->$/ {
    announced = $0
    sub(/^ *<!-- /, "// ", announced)
    sub(/ -->$/, "", announced)
    next
}

/^ *```/ {
    if (!inside_block) {
        inside_block = 1
        quoted = announced
        announced = ""
        body = ""
        begin = FNR
    } else {
        inside_block = 0
        if (quoted != "")
            compare()
    }
    next
}

inside_block {
    if (quoted == "" && FNR == begin + 1 && $0 ~ /^ *\/\/ file: /)
        quoted = $0
    else
        body = body $0 "\n"
}

function compare(    part, path, name, actual) {
    sub(/^ *\/\/ file: */, "", quoted)
    split(quoted, part, " ")
    path = part[1]
    name = part[2]
    actual = region(path, name)
    blocks++
    if (actual == "\001no file")
        fail(begin, "there is no file " path)
    else if (substr(actual, 1, 1) == "\001")
        fail(begin, path " has " substr(actual, 2) " '// [" name "]', not two")
    else if (normalise(body) != actual) {
        fail(begin, "this block differs from " path " " name ", which is:")
        print actual
    }
}

END {
    if (!bad)
        print blocks + 0 " quoted blocks are up to date"
    exit bad
}
