# SPDX-License-Identifier: BSL-1.0
# Copyright (c) 2026 the tether authors
#
# Reads all headers under include/ and enforces the layers and the rules on
# Asio of docs/design/physical-structure.md. Run by layers.sh.

function fail(text) {
    print FILENAME ":" FNR ": " text
    bad = 1
}

# The layer of "scope/detail/x.hpp" is "scope"; files beside the layers have
# their own kinds.
function layer_of(path) {
    if (path == "version.hpp" || path == "fwd.hpp")
        return "detail"
    if (path !~ /\//)
        return "umbrella"
    sub(/\/.*/, "", path)
    return path
}

# Removes string literals and line comments, so that only code is matched.
function code_of(line) {
    gsub(/\\"/, "", line)
    gsub(/"[^"]*"/, "\"\"", line)
    sub(/\/\/.*/, "", line)
    return line
}

BEGIN {
    level["detail"] = 0
    level["core"] = 1
    level["runtime"] = 2
    level["task"] = 3
    level["scope"] = 4
    level["combine"] = level["sync"] = level["stream"] = 5
    level["resilience"] = level["thread"] = level["service"] = 6
    level["debug"] = level["testing"] = 7

    # Functions of Asio that argument-dependent lookup could find elsewhere.
    asio_names = "async_initiate|async_compose|get_associated_[a-z_]+|" \
        "bind_(executor|allocator|cancellation_slot)|make_strand|" \
        "make_work_guard|use_service|has_service|add_service|make_service|" \
        "consign|redirect_error|async_(read|write|connect|read_until)|" \
        "post|dispatch|defer"
}

FNR == 1 {
    self = FILENAME
    sub(/^.*include\/tether\//, "", self)
    layer = layer_of(self)
    headers[self] = FILENAME
    comments = ""
    declared = 0
    guard = "TETHER_" toupper(self)
    gsub(/[^A-Z0-9]/, "_", guard)
    if (layer != "umbrella" && !(layer in level))
        fail("'" layer "' is not a layer")
}

/^[ \t]*\/\// { comments = comments $0 "\n" }
/^TETHER_BEGIN_NAMESPACE/ { declared = 1 }
$0 == "#ifndef " guard { guarded[self] = 1 }
/^[ \t]*#[ \t]*pragma[ \t]+once/ { fail("use the guard " guard) }

/^[ \t]*#[ \t]*include/ {
    target = $0
    sub(/^[^<"]*/, "", target)
    if (target !~ /^</)
        fail("include it with < >")
    gsub(/[<>"]/, "", target)
    sub(/[ \t].*/, "", target)

    if (target ~ /^tether\//) {
        sub(/^tether\//, "", target)
        # A long header may keep its definitions in its layer's detail/ and
        # include them at its end; that file needs the declarations.
        if (!declared || target !~ ("^" layer "/detail/"))
            edges[self] = edges[self] " " target
        other = layer_of(target)
        if (layer == "umbrella")
            check_umbrella()
        else if (other == "umbrella")
            fail("only an umbrella includes the umbrella " target)
        else if (!(other in level))
            fail("'" other "' is not a layer")
        else if (level[other] > level[layer])
            fail("layer " layer " must not include the higher layer " other)
        else if (other != layer && level[other] == level[layer] &&
                 index(comments, "Builds on " target) == 0)
            fail("layers " layer " and " other " are peers: say in a comment " \
                 "above, 'Builds on " target "', or do without")
        next
    }
    if (layer == "umbrella")
        fail("an umbrella includes headers of tether and nothing else")
    if (target ~ /^(boost|fmt|catch2)\// && layer == "detail")
        fail("layer detail includes the standard library only")
    if (target == "boost/asio.hpp")
        fail("include the narrow header of Asio")
    if (target ~ /^boost\// && target !~ /^boost\/(asio|system)\//)
        fail("the library uses Boost.Asio and Boost.System, nothing else")
    if (target ~ /^boost\/asio\/experimental\//)
        fail("experimental parts of Asio are not used")
    if (target ~ /^boost\/asio\/.*timer\.hpp$/) {
        if (layer != "runtime")
            fail("only one header of layer runtime includes a timer")
        else if (timer_header != "" && timer_header != self)
            fail("a second header with a timer beside " timer_header)
        timer_header = self
    }
    if (target == "boost/asio/co_spawn.hpp")
        note_co_spawn()
    if (target ~ /^fmt\// && layer != "debug" && layer != "testing")
        fail("{fmt} is for layers debug and testing")
    if (target ~ /^catch2\// && self != "testing/catch2.hpp")
        fail("only testing/catch2.hpp includes Catch2")
    next
}

{
    code = code_of($0)
    if (code ~ /(parallel_group|awaitable_operators|asio::experimental)/)
        fail("experimental parts of Asio are not used")
    if (code ~ /asio::co_spawn/)
        note_co_spawn()
    # A call begins a statement or follows an operator; a declaration has a
    # type before the name, a qualified call has '::', a member '.' or '->'.
    if (match(code, "(^[ \t]*|[(,=;{!&|] *|return +|co_await +|co_yield +)" \
                        "(" asio_names ")[ \t]*(<[^;]*>)?\\(")) {
        found = substr(code, RSTART, RLENGTH)
        match(found, asio_names)
        fail("a call into Asio is qualified: asio::" \
             substr(found, RSTART, RLENGTH))
    }
}

function note_co_spawn() {
    if (layer != "task" || (spawn_header != "" && spawn_header != self))
        fail("asio::co_spawn is used in exactly one header, the adapter of " \
             "asio::awaitable in layer task")
    else
        spawn_header = self
}

function check_umbrella(    own) {
    own = self
    sub(/\.hpp$/, "", own)
    if (self == "tether.hpp") {
        if (other == "debug" || other == "testing" ||
            target == "debug.hpp" || target == "testing.hpp")
            fail("debug and testing are opt-in, not part of tether.hpp")
    } else if (other != own && other != "detail") {
        fail("the umbrella of " own " includes headers of " own " only")
    }
}

# Depth-first search for a cycle; state: 1 on the path, 2 done.
function visit(node, path,    count, list, i) {
    if (state[node] == 2)
        return
    if (state[node] == 1) {
        print "include cycle:" path " " node
        bad = 1
        return
    }
    state[node] = 1
    count = split(edges[node], list, " ")
    for (i = 1; i <= count; i++)
        visit(list[i], path " " node)
    state[node] = 2
}

END {
    for (header in headers) {
        seen++
        if (!(header in guarded)) {
            name = "TETHER_" toupper(header)
            gsub(/[^A-Z0-9]/, "_", name)
            print headers[header] ": the guard is not " name
            bad = 1
        }
        visit(header, "")
    }
    if (!seen) {
        print "no header was read"
        bad = 1
    }
    exit bad
}
