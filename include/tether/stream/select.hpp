// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a task wait for the first of several things, and take nothing from
/// the others? It stands in all their lines and leaves the rest in the moment
/// in which one lets it in.
#ifndef TETHER_STREAM_SELECT_HPP
#define TETHER_STREAM_SELECT_HPP

#include <tether/detail/config.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/runtime/wait.hpp>
#include <tether/task/awaitable.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <random>
#include <source_location>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

TETHER_BEGIN_NAMESPACE
namespace detail {

template<class R>
using selected_t = std::conditional_t<
    std::is_void_v<R>, std::monostate,
    std::conditional_t<std::is_reference_v<R>,
                       std::reference_wrapper<std::remove_reference_t<R>>, R>>;

template<class W>
using wait_result_t = decltype(std::declval<W&>().result());

// One branch, built in place; its index keeps equal types apart.
template<std::size_t Index, class W>
struct select_part {
    template<class Op>
    explicit select_part(Op&& op) : wait(std::forward<Op>(op).connect()) {}
    W wait;
};

template<class Indices, class... Ws>
struct select_parts;
template<std::size_t... Index, class... Ws>
struct select_parts<std::index_sequence<Index...>, Ws...>
    : select_part<Index, Ws>... {
    template<class... Ops>
    explicit select_parts(std::tuple<Ops...>&& ops)
        : select_part<Index, Ws>(std::get<Index>(std::move(ops)))... {}

    template<std::size_t J, class W>
    static W& at(select_part<J, W>& p) noexcept {
        return p.wait;
    }
    template<std::size_t J>
    auto& get() noexcept {
        return at<J>(*this);
    }
};

// What a select does with its branches does not depend on their types.
class select_base : public wait_parts {
public:
    void part_completed(wait& part) noexcept final {
        std::size_t const i = index_of(part);
        waits_[i] = false;
        // While the others are taken back, one of them may be given what this
        // one leaves free; it gives that back when it is destroyed.
        if (leaving_)
            return;
        winner_ = i;
        leave_rest();
        complete();
    }
    abort_result abort() noexcept final {
        leave_rest();
        return abort_result::done;
    }
    char const* description() const noexcept final {
        return "the first of several";
    }

protected:
    struct branch {
        wait* what;
        bool (*ready)(wait&);
        void (*start)(wait&);
    };

    template<class W>
    static constexpr branch branch_of(W& w) noexcept {
        return {&w, [](wait& b) { return static_cast<W&>(b).ready(); },
                [](wait& b) { static_cast<W&>(b).start(); }};
    }

    select_base() noexcept = default;
    ~select_base() = default;

    // `order` is that in which the branches are looked at.
    bool any_ready(branch const* all, std::size_t const* order, bool* waits,
                   std::size_t count) {
        all_ = all;
        order_ = order;
        waits_ = waits;
        count_ = count;
        for (std::size_t i = 0; i != count_; ++i)
            wait_access::set_record(*all_[i].what, record());
        for (std::size_t i = 0; i != count_; ++i) {
            if (all_[order_[i]].ready(*all_[order_[i]].what)) {
                winner_ = order_[i];
                return true;
            }
        }
        return false;
    }
    void start_all() {
        for (std::size_t i = 0; i != count_ && winner_ == none; ++i) {
            std::size_t const next = order_[i];
            all_[next].start(*all_[next].what);
            waits_[next] = winner_ == none;
        }
    }
    std::size_t winner() const noexcept { return winner_; }

private:
    static constexpr std::size_t none = static_cast<std::size_t>(-1);

    std::size_t index_of(wait const& part) const noexcept {
        std::size_t i = 0;
        while (all_[i].what != &part)
            ++i;
        return i;
    }
    void leave_rest() noexcept {
        leaving_ = true;
        for (std::size_t i = 0; i != count_; ++i)
            if (std::exchange(waits_[i], false))
                all_[i].what->abort();
    }

    branch const* all_ = nullptr;
    std::size_t const* order_ = nullptr;
    bool* waits_ = nullptr;
    std::size_t count_ = 0;
    std::size_t winner_ = none;
    bool leaving_ = false;
};

template<class... Ws>
class select_wait final : public select_base {
    static constexpr std::size_t count = sizeof...(Ws);
    using indices = std::index_sequence_for<Ws...>;

public:
    using result_type = std::variant<selected_t<wait_result_t<Ws>>...>;

    template<class... Ops>
    select_wait(std::tuple<Ops...>&& ops,
                std::array<std::size_t, count> const& order)
        : order_(order), parts_(std::move(ops)) {}

    bool ready() {
        list(indices());
        return any_ready(branches_.data(), order_.data(), waits_.data(), count);
    }
    void start() { start_all(); }
    result_type result() { return result_from(indices()); }

private:
    template<std::size_t... Index>
    void list(std::index_sequence<Index...>) noexcept {
        branches_ = {branch_of(parts_.template get<Index>())...};
    }
    template<std::size_t Index>
    static result_type take(select_wait& self) {
        auto& part = self.parts_.template get<Index>();
        using R = wait_result_t<std::remove_reference_t<decltype(part)>>;
        if constexpr (std::is_void_v<R>) {
            part.result();
            return result_type(std::in_place_index<Index>);
        } else if constexpr (requires(R& out) { part.result_into(out); }) {
            return in_place<Index>(part);
        } else {
            return result_type(std::in_place_index<Index>, part.result());
        }
    }
    // A function of its own: g++ moves what it returns unless that is declared
    // in the outermost block.
    template<std::size_t Index, class Part>
    static result_type in_place(Part& part) {
        result_type out(std::in_place_index<Index>);
        part.result_into(std::get<Index>(out));
        return out;
    }
    template<std::size_t... Index>
    result_type result_from(std::index_sequence<Index...>) {
        using taker = result_type (*)(select_wait&);
        static constexpr taker takers[] = {&take<Index>...};
        return takers[winner()](*this);
    }

    std::array<branch, count> branches_;
    std::array<std::size_t, count> order_;
    std::array<bool, count> waits_{};
    select_parts<indices, Ws...> parts_;
};

template<class... Ops>
class [[nodiscard]] select_op {
    static constexpr std::size_t count = sizeof...(Ops);

public:
    template<class... As>
    explicit select_op(std::array<std::size_t, count> const& order, As&&... ops)
        : ops_(std::forward<As>(ops)...), order_(order) {}
    select_wait<wait_of<Ops>...> connect() && {
        return select_wait<wait_of<Ops>...>(std::move(ops_), order_);
    }
    // That of the first branch that knows it.
    std::source_location where() const noexcept
        requires(located<std::remove_reference_t<Ops>> || ...)
    {
        std::source_location first;
        auto const look = [&](auto const& op) {
            if constexpr (located<std::remove_cvref_t<decltype(op)>>)
                first = op.where();
            return located<std::remove_cvref_t<decltype(op)>>;
        };
        std::apply([&](auto const&... ops) { (look(ops) || ...); }, ops_);
        return first;
    }

private:
    std::tuple<Ops...> ops_;
    std::array<std::size_t, count> order_;
};

template<std::size_t N>
constexpr std::array<std::size_t, N> in_order() noexcept {
    std::array<std::size_t, N> order{};
    for (std::size_t i = 0; i != N; ++i)
        order[i] = i;
    return order;
}

template<class Op>
concept selectable = leaf_awaitable<Op> && revocable_wait<wait_of<Op>>;

// A handle is awaited in place; everything else is a small description that is
// kept.
template<class Op>
using select_branch_t =
    std::conditional_t<std::is_lvalue_reference_v<Op>, Op, std::decay_t<Op>>;

template<class... Ops>
auto make_select(std::array<std::size_t, sizeof...(Ops)> const& order,
                 Ops&&... ops) {
    static_assert(sizeof...(Ops) != 0, "a select of nothing waits for ever");
    static_assert(
        (selectable<Ops> && ...),
        "select() takes what can be given up without a loss: receive(), "
        "send(), the wait of an event, acquire(), a sleep, a task handle. Let "
        "a task, a group or an Asio operation race(), or put its result into "
        "a channel");
    return select_op<select_branch_t<Ops>...>(order, std::forward<Ops>(ops)...);
}

} // namespace detail

/// Waits until the first of several operations can happen, lets that one
/// happen, and none of the others.
///
/// Parameters: operations that can be given up: `receive()` and `send()`,
/// `wait()` of an event, `acquire()`, sleeps, task handles; written in place.
/// They are looked at from left to right, and the first that can happen at once
/// wins; for a fair choice see select_unbiased(). A sleep is the timeout
/// clause; for a default clause use `try_receive()` and its kin.
/// Result: a std::variant with one alternative for each branch, in their order
/// (std::monostate for void, std::reference_wrapper for a reference); its
/// index() is the branch.
/// Errors: what the winning branch throws; a branch that fails at once, say a
/// send into a closed channel, wins.
/// Completes when: one of the operations has happened. Always a checkpoint.
/// On cancellation: none of them has happened.
/// Never lost: an item is given to the winner only. A losing receive has taken
/// nothing, a losing send still has its item; race() of the same operations
/// would take and drop.
/// Example:
/// ```
/// auto first = co_await select(jobs.receive(), stop.wait(), sleep_for(5s));
/// if (first.index() == 0)
///     work(std::get<0>(first));
/// ```
/// Source: Go's select, Kotlin's select expression.
template<class... Ops>
[[nodiscard("co_await it")]] auto select(Ops&&... ops) {
    return detail::make_select(detail::in_order<sizeof...(Ops)>(),
                               std::forward<Ops>(ops)...);
}

/// The same, but the branches are looked at in an order drawn from `random`, so
/// that a branch that can always happen does not starve the others.
///
/// Parameters: a generator such as std::mt19937_64, seeded by the caller, who
/// can repeat a run that way.
/// Completes when: as above.
/// On cancellation: as above.
template<class Random, class... Ops>
    requires std::uniform_random_bit_generator<Random>
[[nodiscard("co_await it")]] auto select_unbiased(Random& random,
                                                  Ops&&... ops) {
    auto order = detail::in_order<sizeof...(Ops)>();
    std::shuffle(order.begin(), order.end(), random);
    return detail::make_select(order, std::forward<Ops>(ops)...);
}

TETHER_END_NAMESPACE

#endif
