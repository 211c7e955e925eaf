// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Which of several events is set first?
#ifndef TETHER_STREAM_WAIT_ANY_HPP
#define TETHER_STREAM_WAIT_ANY_HPP

#include <tether/detail/config.hpp>
#include <tether/stream/select.hpp>
// Builds on sync/event.hpp: an event is what is waited for.
#include <tether/sync/event.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <source_location>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

template<std::size_t N>
class wait_any_wait final : public select_base {
public:
    explicit wait_any_wait(std::array<event*, N> const& events)
        : wait_any_wait(events, std::make_index_sequence<N>()) {}

    bool ready() {
        for (std::size_t i = 0; i != N; ++i)
            branches_[i] = branch_of(waits_of_[i]);
        return any_ready(branches_.data(), order_.data(), waits_.data(), N);
    }
    void start() { start_all(); }
    std::size_t result() const noexcept { return winner(); }

private:
    template<std::size_t... Index>
    wait_any_wait(std::array<event*, N> const& events,
                  std::index_sequence<Index...>)
        : waits_of_{events[Index]->wait().connect()...} {}

    wait_of<decltype(std::declval<event&>().wait())> waits_of_[N];
    std::array<branch, N> branches_;
    std::array<std::size_t, N> order_ = in_order<N>();
    std::array<bool, N> waits_{};
};

template<std::size_t N>
class [[nodiscard]] wait_any_op {
public:
    wait_any_op(std::array<event*, N> const& events,
                std::source_location here) noexcept
        : events_(events), where_(here) {}
    wait_any_wait<N> connect() const { return wait_any_wait<N>(events_); }
    std::source_location where() const noexcept { return where_; }

private:
    std::array<event*, N> events_;
    std::source_location where_;
};

// Notes the line of the call, which a pack of parameters leaves no room for.
class located_event {
public:
    // NOLINTNEXTLINE(google-explicit-constructor): stands for the event
    located_event(event& e, std::source_location here =
                                std::source_location::current()) noexcept
        : event_(&e), where_(here) {}
    event* get() const noexcept { return event_; }
    std::source_location where() const noexcept { return where_; }

private:
    event* event_;
    std::source_location where_;
};

} // namespace detail

/// Waits until one of several events is set.
///
/// Result: the index of that event; the lowest one of several that are set
/// already.
/// Errors: std::logic_error when tasks of another loop wait for one of them.
/// Completes when: one is set. Always a checkpoint.
/// On cancellation: the wait for each of them is given up.
/// Never lost: nothing stays behind at the others; to wait for an event takes
/// nothing from it.
/// Example:
/// ```
/// std::size_t const which = co_await wait_any(drained, stopped);
/// ```
template<std::same_as<event>... Events>
[[nodiscard("co_await it")]] auto wait_any(detail::located_event first,
                                           Events&... others) {
    return detail::wait_any_op<sizeof...(Events) + 1>({first.get(), &others...},
                                                      first.where());
}

TETHER_END_NAMESPACE

#endif
