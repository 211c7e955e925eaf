// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How is a body run as a test? One session for all bodies with the same
/// result: it is much code, and programs of tests have many bodies.
#ifndef TETHER_TESTING_DETAIL_TEST_BODY_HPP
#define TETHER_TESTING_DETAIL_TEST_BODY_HPP

#include <tether/detail/config.hpp>
#include <tether/runtime/test_hooks.hpp>
#include <tether/task/detail/body.hpp>
#include <tether/task/detail/root.hpp>
#include <tether/task/run.hpp>
#include <tether/task/task.hpp>
#include <tether/testing/detail/hooks_guard.hpp>
#include <tether/testing/detail/test_session.hpp>
#include <tether/testing/test_options.hpp>

#include <optional>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace testing::detail {

// Refers to a body, which outlives the session.
template<class T>
class test_body {
public:
    using value_type = T;

    template<class Body>
    explicit test_body(Body& body) noexcept
        : body_(&body),
          call_([](void* b) { return (*static_cast<Body*>(b))(); }) {}

    task<T> operator()() const { return call_(body_); }

private:
    void* body_;
    task<T> (*call_)(void*);
};

// The session is gone afterwards; what it found is not yet judged.
template<class T>
void run_in_session(test_body<T> work, test_options const& options,
                    test_findings& found,
                    tether::detail::root_result<T>& result,
                    test_hooks* hooks = nullptr) {
    test_session session(options, found);
    std::optional<hooks_guard> guard;
    if (hooks)
        guard.emplace(session.home(), *hooks);
    session.run(std::move(work), result);
}

template<class T>
T run_test_body(test_body<T> work, test_options const& options) {
    tether::detail::refuse_nested_run();
    leak_count const before;
    tether::detail::root_result<T> result;
    test_findings found(options);
    run_in_session(work, options, found, result);
    found.rethrow(before, std::move(result.error));
    return result.get();
}

} // namespace testing::detail
TETHER_END_NAMESPACE

#endif
