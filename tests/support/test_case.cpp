// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

#include "support/test_case.hpp"

template void
tether::testing::detail::run_test_body(tether::testing::detail::test_body<void>,
                                       tether::testing::test_options const&);
