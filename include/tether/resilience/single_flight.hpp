// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How do many callers that want the same thing at the same time cost one
/// request? They share a single flight.
#ifndef TETHER_RESILIENCE_SINGLE_FLIGHT_HPP
#define TETHER_RESILIENCE_SINGLE_FLIGHT_HPP

#include <tether/detail/config.hpp>
#include <tether/scope/task_group.hpp>
#include <tether/scope/task_handle.hpp>
#include <tether/task/awaitable.hpp>
#include <tether/task/detail/body.hpp>
#include <tether/task/task.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <source_location>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <variant>

TETHER_BEGIN_NAMESPACE

/// What single_flight::statistics() tells.
struct single_flight_statistics {
    std::size_t in_flight; ///< keys whose work goes on
    std::uint64_t started; ///< how often work was started
    std::uint64_t joined;  ///< calls that found it started
};

namespace detail {

template<class T>
using flight_value = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

// One execution, kept by those who wait for it and by the work itself.
template<class T>
struct flight {
    task_handle<void> work;
    std::size_t callers = 0;
    std::optional<flight_value<T>> value;
    std::exception_ptr error;

    bool settled() const noexcept { return value || error; }
};

template<class K, class T, class Hash, class Equal>
struct flight_table {
    using flight_ptr = std::shared_ptr<flight<T>>;

    void forget(K const& key, flight_ptr const& which) noexcept {
        auto const at = under_way.find(key);
        if (at != under_way.end() && at->second == which)
            under_way.erase(at);
    }

    std::unordered_map<K, flight_ptr, Hash, Equal> under_way;
    std::uint64_t started = 0;
    std::uint64_t joined = 0;
};

// The last caller who leaves stops the work; whoever comes then begins anew.
template<class Table, class K>
class flight_caller {
    using flight_ptr = typename Table::flight_ptr;

public:
    flight_caller(Table& table, K const& key, flight_ptr const& f) noexcept
        : table_(&table), key_(&key), flight_(f) {
        ++flight_->callers;
    }
    flight_caller(flight_caller const&) = delete;
    flight_caller& operator=(flight_caller const&) = delete;
    ~flight_caller() {
        if (--flight_->callers != 0 || flight_->settled())
            return;
        table_->forget(*key_, flight_);
        try {
            if (flight_->work)
                flight_->work.cancel("nobody waits for it any more");
        } catch (...) { // the loop is at its end, and the work with it
        }
    }

private:
    Table* table_;
    K const* key_;
    flight_ptr flight_;
};

template<class Table, class K>
class flight_end {
public:
    flight_end(Table& table, K const& key,
               typename Table::flight_ptr const& f) noexcept
        : table_(&table), key_(&key), flight_(&f) {}
    flight_end(flight_end const&) = delete;
    flight_end& operator=(flight_end const&) = delete;
    ~flight_end() { table_->forget(*key_, *flight_); }

private:
    Table* table_;
    K const* key_;
    typename Table::flight_ptr const* flight_;
};

// The child: an error that somebody waits for is theirs, otherwise the group's.
template<class T, class Table, class K, class Body>
task<> fly(std::shared_ptr<Table> table, K key, typename Table::flight_ptr self,
           Body work) {
    flight_end<Table, K> const end(*table, key, self);
    std::exception_ptr error;
    try {
        if constexpr (std::is_void_v<T>) {
            co_await work();
            self->value.emplace();
        } else {
            self->value.emplace(co_await work());
        }
    } catch (...) {
        error = std::current_exception();
    }
    if (error && self->callers == 0)
        std::rethrow_exception(error);
    self->error = error;
}

} // namespace detail

/// Calls of one key that overlap share one execution and its result.
///
/// The work is a child of the group given at the construction, so that it does
/// not end with the caller who came first.
/// Invariant: at most one execution for a key goes on for callers; it goes on
/// while one of them waits and is stopped when the last one leaves. A call that
/// comes after its end starts another one: nothing is cached.
/// Parameters: `K` is copyable and can be hashed; each caller gets a copy of
/// the `T`, which may be void.
/// Never lost: an error goes to all who wait; when nobody does, to the group.
/// Threads: the loop of the group.
/// Example:
/// ```
/// tether::single_flight<user_id, profile> profiles(group);
/// auto p = co_await profiles.call(id, load_profile, id);
/// ```
/// Source: Go's singleflight.
template<class K, class T, class Hash = std::hash<K>,
         class Equal = std::equal_to<K>>
class single_flight {
    static_assert(std::is_void_v<T> || std::is_copy_constructible_v<T>,
                  "each caller of a single_flight gets a copy of the result: "
                  "share it with std::shared_ptr");

public:
    /// Parameters: `group` owns the work and outlives the calls.
    explicit single_flight(task_group& group)
        : group_(&group), table_(std::make_shared<table>()) {}
    single_flight(single_flight const&) = delete;
    single_flight& operator=(single_flight const&) = delete;

    /// Waits for the execution for `key` that goes on, or starts one:
    /// `fn(args...)`.
    ///
    /// Parameters: `fn` and the arguments are copied or moved into the work,
    /// which may outlive the caller: they must not refer to its variables.
    /// Result: a copy of what the work returned.
    /// Errors: what the work threw, to each caller; cancelled_error when it was
    /// stopped with its group; those of task_group::spawn().
    /// Completes when: the work has ended. Always a checkpoint.
    /// On cancellation: the caller leaves; with the last one the work is
    /// stopped.
    template<class F, class... Args>
    [[nodiscard("co_await the call")]] task<T> call(K key, F&& fn,
                                                    Args&&... args) {
        TETHER_CHECK_BODY(F);
        using body = detail::body_for<F, Args...>;
        static_assert(std::is_same_v<typename body::task_type, task<T>>,
                      "the work of a single_flight<K, T> is a coroutine "
                      "function that returns tether::task<T>");
        return run(*group_, table_, std::move(key),
                   body(std::in_place, std::forward<F>(fn),
                        std::forward<Args>(args)...));
    }

    /// Result: counts for logs and dumps.
    [[nodiscard]] single_flight_statistics statistics() const noexcept {
        return {table_->under_way.size(), table_->started, table_->joined};
    }

private:
    using table = detail::flight_table<K, T, Hash, Equal>;

    template<class Body>
    static task<T> run(task_group& group, std::shared_ptr<table> all, K key,
                       Body work) {
        auto const there = all->under_way.find(key);
        bool const first = there == all->under_way.end();
        auto const mine =
            first ? std::make_shared<detail::flight<T>>() : there->second;
        if (first)
            all->under_way.emplace(key, mine);
        detail::flight_caller<table, K> const here(*all, key, mine);
        if (first) {
            ++all->started;
            mine->work = group.spawn(&detail::fly<T, table, K, Body>, all, key,
                                     mine, std::move(work));
        } else {
            ++all->joined;
        }
        co_await mine->work.wait();
        if (mine->error)
            std::rethrow_exception(mine->error);
        if (!mine->value)
            mine->work.result(); // throws why
        if constexpr (!std::is_void_v<T>)
            co_return *mine->value;
    }

    task_group* group_;
    std::shared_ptr<table> table_;
};

TETHER_END_NAMESPACE

#endif
