// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors

// In which units is time given, and which clock counts it?

#include "support/test_case.hpp"

#include <tether/combine.hpp>
#include <tether/scope.hpp>
#include <tether/task.hpp>

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <ctime>
#include <type_traits>

using namespace tether_test;
using tether::cancel_scope;
using tether::task;

namespace {

// What can be given where a time is expected.
template<class D>
constexpr bool sleeps = requires(D d) { tether::sleep_for(d); };
template<class D>
constexpr bool sleeps_until = requires(D d) { tether::sleep_until(d); };
template<class D>
constexpr bool fails_after =
    requires(D d, task<> t) { tether::fail_after(d, std::move(t)); };
template<class D>
constexpr bool moves_on_after =
    requires(D d, task<> t) { tether::move_on_after(d, std::move(t)); };
template<class D>
constexpr bool fails_at =
    requires(D d, task<> t) { tether::fail_at(d, std::move(t)); };
template<class D>
constexpr bool moves_on_at =
    requires(D d, task<> t) { tether::move_on_at(d, std::move(t)); };
template<class D>
constexpr bool reschedules = requires(cancel_scope s, D d) { s.reschedule(d); };
template<class D>
constexpr bool cancels_softly =
    requires(cancel_scope s, D d) { s.cancel_soft(d); };
template<class D>
constexpr bool shields =
    requires(D d, task<> t) { tether::shielded(std::move(t), {.grace = d}); };
template<class D>
constexpr bool hedges = requires(D d, task<int> t) {
    tether::hedge(d, std::move(t), std::move(t));
};
template<class D>
constexpr bool watches =
    requires(D d) { tether::shield_watch(d, [](std::string const&) {}); };

template<class D>
constexpr bool none_takes =
    !sleeps<D> && !sleeps_until<D> && !fails_after<D> && !moves_on_after<D> &&
    !fails_at<D> && !moves_on_at<D> && !reschedules<D> && !cancels_softly<D> &&
    !shields<D> && !hedges<D> && !watches<D>;
template<class D>
constexpr bool all_relative_take =
    sleeps<D> && fails_after<D> && moves_on_after<D> && reschedules<D> &&
    cancels_softly<D> && shields<D> && hedges<D> && watches<D>;
template<class P>
constexpr bool all_absolute_take =
    sleeps_until<P> && fails_at<P> && moves_on_at<P> && reschedules<P>;

std::chrono::nanoseconds monotonic_now() {
    timespec t{};
    ::clock_gettime(CLOCK_MONOTONIC, &t);
    return std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec);
}

} // namespace

TEST_CASE("CX30 times are std::chrono types, no bare numbers") {
    STATIC_REQUIRE(none_takes<int>);
    STATIC_REQUIRE(none_takes<long>);
    STATIC_REQUIRE(none_takes<double>);
    STATIC_REQUIRE(all_relative_take<std::chrono::milliseconds>);
    STATIC_REQUIRE(all_relative_take<std::chrono::hours>);
    STATIC_REQUIRE(sleeps<std::chrono::duration<double>>);
    STATIC_REQUIRE(fails_after<std::chrono::duration<double>>);
    STATIC_REQUIRE(all_absolute_take<std::chrono::steady_clock::time_point>);
}

TEST_CASE("CX30 points in time are of the steady clock, and times that come "
          "out are chrono types too") {
    using wall = std::chrono::system_clock::time_point;
    STATIC_REQUIRE(none_takes<wall>);
    using point = std::chrono::steady_clock::time_point;
    STATIC_REQUIRE(std::is_same_v<decltype(tether::this_task::now()), point>);
    STATIC_REQUIRE(
        std::is_same_v<decltype(tether::this_task::deadline()), point>);
    STATIC_REQUIRE(std::is_same_v<decltype(tether::this_task::remaining()),
                                  std::chrono::steady_clock::duration>);
}

// Deadlines stand still while the machine sleeps, and nobody who sets the time
// of day moves them: that is what this clock promises.
#if defined(__linux__)
TEST_CASE("SC44 SC45 the loop's clock is CLOCK_MONOTONIC") {
    boost::asio::io_context io(1);
    auto const between = tether::run(io, []() -> task<bool> {
        auto const before = monotonic_now();
        std::chrono::nanoseconds const here =
            tether::this_task::now().time_since_epoch();
        auto const after = monotonic_now();
        co_return before <= here&& here <= after;
    });
    CHECK(between);
}
#endif
