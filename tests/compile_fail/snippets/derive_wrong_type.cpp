// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// expect: derive\(exception_group\) const must be accessible and return the
// derived class itself
/// \file
/// EG17: a part of a derived group is of the derived class.
#include <tether/core/derived_exception_group.hpp>

#include <utility>

struct batch_failed : tether::derived_exception_group<batch_failed> {
    explicit batch_failed(tether::exception_group g)
        : derived_exception_group(std::move(g)) {}
    int derive(tether::exception_group const&) const { return 1; }
};

void part(batch_failed const& batch) {
    static_cast<void>(batch.subgroup<int>());
}
