# SPDX-License-Identifier: BSL-1.0
# Copyright (c) 2026 the tether authors
#
# Enforces docs/design/documentation.md on the public headers. Run by
# doc_headings.sh.

function fail(line, text) {
    print FILENAME ":" line ": " text
    bad = 1
}

BEGIN {
    count = split("Invariant|Parameters|Result|Errors|Completes when|" \
        "On cancellation|Never lost|Threads|Example|Source", order, "|")
    for (i = 1; i <= count; i++)
        rank[order[i]] = i
    other = "^(Returns?|Return value|Throws?|Exceptions?|Exception safety|" \
        "Thread safety|Thread|Cancellation|Cancelled|When cancelled|" \
        "Completion|Completes|Params?|Parameter|Arguments?|Preconditions?|" \
        "Postconditions?|Invariants|Examples|Usage|See also|See)$"
}

FNR == 1 {
    block = 0
    in_detail = 0
    file_question = 0
    fenced = 0
}

/^namespace detail/ { in_detail = 1 }
/^} +\/\/ namespace detail/ { in_detail = 0 }

# A comment block.
/^[ \t]*\/\/\// {
    if (!block) {
        block = 1
        last = 0
        first_line = FNR
        has_file = 0
        fenced = 0
        split("", seen)
    }
    text = $0
    sub(/^[ \t]*\/\/\/ ?/, "", text)
    if (text ~ /^\\file/) {
        has_file = 1
        file_question = 1
    }
    # An umbrella says what it gathers, any other header what it answers.
    if (has_file && (text ~ /\?/ || FILENAME ~ /include\/tether\/[a-z_]+\.hpp$/))
        file_question = 2
    if (FNR == first_line && text ~ /^The same/ || text ~ /^\\overload/)
        seen["same"] = 1
    if (text ~ /^(```|\\code|\\endcode)/)
        fenced = !fenced
    if (fenced)
        next
    if (text ~ /[\\@](return|returns|param|tparam|throws?|exception|pre|post|par|invariant)[ \t]/)
        fail(FNR, "use the headings of docs/design/documentation.md")
    if (match(text, /^[A-Z][a-z]*( [a-z]+)?:( |$)/)) {
        heading = substr(text, 1, RLENGTH)
        sub(/: ?$/, "", heading)
        if (heading in rank) {
            if (heading in seen)
                fail(FNR, "'" heading ":' stands there twice")
            else if (rank[heading] < last)
                fail(FNR, "'" heading ":' comes before '" order[last] ":'")
            seen[heading] = 1
            if (rank[heading] > last)
                last = rank[heading]
            if (FNR == first_line && heading ~ /^(Invariant|Threads)$/)
                fail(FNR, "say what it is before '" heading ":'")
        } else if (heading ~ other)
            fail(FNR, "'" heading ":' is not one of the headings")
    }
    next
}

# The line after a block: the beginning of a declaration, which may have
# template, requires and attribute lines before its name.
block {
    if (!has_file) {
        declaration = ""
        pending = !in_detail && FILENAME !~ /\/detail\//
        at_top = $0 !~ /^[ \t]/
        documented = first_line
        has_rule = ("Invariant" in seen) || ("Threads" in seen)
        is_overload = "same" in seen
        has_end = "Completes when" in seen
        has_stop = "On cancellation" in seen
    }
    block = 0
}

pending {
    declaration = declaration " " $0
    line = $0
    gsub(/"[^"]*"/, "", line)
    if (line ~ /[;{]/ || length(declaration) > 600) {
        pending = 0
        waits = declaration ~ /nodiscard\("[^]]*co_await/
        gsub(/\[\[[^]]*\]\]/, "", declaration)
        # The parameters of a template are no classes.
        while (gsub(/<[^<>]*>/, "", declaration))
            ;
        # A friend or a variable of class type is not a class.
        is_class = declaration ~ /(^|[> ])class +[A-Za-z_][^(]*[{:]/ &&
                   declaration !~ /enum class/
        is_type = is_class || declaration ~ /(^|[> ])(struct|enum|concept) /
        if (at_top && is_class && !has_rule &&
            declaration !~ /: public [a-z_:]*(exception|error)/)
            fail(documented, "a class states its 'Invariant:' or 'Threads:'")
        if (!is_type && has_end != has_stop)
            fail(documented,
                 "'Completes when:' and 'On cancellation:' come together")
        if (!is_type && waits && !has_end && !is_overload)
            fail(documented, "what is awaited has 'Completes when:' and " \
                 "'On cancellation:'")
    }
}

# The file comment stands within the first lines.
FNR == 12 && file_question != 2 && FILENAME !~ /version\.hpp/ {
    fail(1, "begin with /// \\file and the question this header answers")
}

END { exit bad }
