// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
//
// planted BUG [control]: exit code 0 if the kit finds the bug and says where;
// with "control", where there is no bug, if it finds nothing. In either case
// the usual order of tasks must show nothing.

#include "planted.hpp"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <string>

namespace {

struct bug {
    char const* name;
    void (*look)(bool mistake);
};
constexpr bug bugs[] = {
    {"lost_wake_up", planted::lost_wake_up},
    {"double_hand_off", planted::double_hand_off},
    {"permit_leak", planted::permit_leak},
    {"item_lost_in_a_race", planted::item_lost_in_a_race},
    {"missed_join", planted::missed_join},
};

// What the kit says; empty if it finds nothing.
std::string report_on(bug const& b, bool mistake) {
    try {
        b.look(mistake);
        return {};
    } catch (tether::testing::test_failure const& failure) {
        return failure.what();
    }
}

// The name of the failing order, or the number of the failing checkpoint.
bool names_the_place(std::string const& report) {
    return report.find("with order ") != report.npos ||
           report.find("stopped at checkpoint ") != report.npos;
}

} // namespace

int main(int argc, char** argv) {
    bool const control = argc == 3 && std::strcmp(argv[2], "control") == 0;
    for (bug const& b : bugs) {
        if (argc < 2 || std::strcmp(argv[1], b.name) != 0)
            continue;
        if (!control) {
            ::setenv("TETHER_SEED", "x", 1);
            std::string const usual = report_on(b, true);
            ::unsetenv("TETHER_SEED");
            if (usual.find("with order ") != usual.npos) {
                std::printf("no test kit is needed for this:\n%s",
                            usual.c_str());
                return 1;
            }
        }
        std::string const report = report_on(b, !control);
        std::printf("%s", report.c_str());
        if (control)
            return report.empty() ? 0 : 1;
        return names_the_place(report) ? 0 : 1;
    }
    std::fprintf(stderr, "usage: planted BUG [control]\n");
    return 2;
}
