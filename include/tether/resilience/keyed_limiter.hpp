// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How is each host, user or tenant limited by itself? One rate limiter per
/// key, made when it is needed and forgotten when it tells nothing any more.
#ifndef TETHER_RESILIENCE_KEYED_LIMITER_HPP
#define TETHER_RESILIENCE_KEYED_LIMITER_HPP

#include <tether/detail/config.hpp>
#include <tether/detail/intrusive_list.hpp>
#include <tether/resilience/rate.hpp>
#include <tether/resilience/rate_limiter.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <source_location>
#include <unordered_map>
#include <utility>

TETHER_BEGIN_NAMESPACE

template<class K, class Hash, class Equal>
class keyed_limiter;

namespace detail {

// Keeps the key until it is awaited: by then its limiter may be forgotten.
template<class Owner, class K, class Wait>
class [[nodiscard("co_await it")]] keyed_grant_op {
public:
    keyed_grant_op(Owner& owner, K key, std::size_t n,
                   std::source_location here)
        : owner_(&owner), key_(std::move(key)), count_(n), where_(here) {}
    Wait connect() const {
        return Wait(&owner_->limiter_of(key_, count_), count_);
    }
    std::source_location where() const noexcept { return where_; }

private:
    Owner* owner_;
    K key_;
    std::size_t count_;
    std::source_location where_;
};

} // namespace detail

/// A rate_limiter for each key: a busy one does not delay the others.
///
/// Invariant: a key of which nothing is left to remember (nobody waits, its
/// burst is available, it has no rate of its own) is forgotten as others are
/// used, so that there are never many more keys than are in use.
/// Parameters: `K` is copyable and can be hashed.
/// Threads: as rate_limiter.
/// Example:
/// ```
/// tether::keyed_limiter<std::string> hosts(tether::per_second(2));
/// co_await hosts.acquire(url.host());
/// ```
template<class K, class Hash = std::hash<K>, class Equal = std::equal_to<K>>
class keyed_limiter {
    using grant_op =
        detail::keyed_grant_op<keyed_limiter, K, detail::grant_wait>;
    using timely_grant_op =
        detail::keyed_grant_op<keyed_limiter, K, detail::timely_grant_wait>;

public:
    /// Parameters: of the limiter of each key.
    /// Errors: as rate_limiter.
    explicit keyed_limiter(rate allowed, burst at_once = burst())
        : rate_(allowed), burst_(at_once) {
        static_cast<void>(rate_limiter(allowed, at_once)); // may refuse them
    }
    keyed_limiter(keyed_limiter const&) = delete;
    keyed_limiter& operator=(keyed_limiter const&) = delete;

    /// rate_limiter::acquire() of the limiter of `key`.
    ///
    /// Completes when: as there.
    /// On cancellation: as there.
    [[nodiscard("co_await it")]] grant_op
    acquire(K key, std::size_t n = 1,
            std::source_location here = std::source_location::current()) {
        return grant_op(*this, std::move(key), n, here);
    }
    /// rate_limiter::try_acquire() of the limiter of `key`.
    [[nodiscard("without the permit it must not go on")]] bool
    try_acquire(K const& key, std::size_t n = 1) {
        return find(key).limiter.try_acquire(n);
    }
    /// rate_limiter::try_acquire_before_deadline() of the limiter of `key`.
    ///
    /// Completes when: as there.
    /// On cancellation: as there.
    [[nodiscard("co_await it")]] timely_grant_op try_acquire_before_deadline(
        K key, std::size_t n = 1,
        std::source_location here = std::source_location::current()) {
        return timely_grant_op(*this, std::move(key), n, here);
    }
    /// rate_limiter::pause_until() of the limiter of `key`.
    void pause_until(K const& key, std::chrono::steady_clock::time_point when) {
        find(key).limiter.pause_until(when);
    }
    /// Gives `key` a rate of its own, which weighs it against the others. It is
    /// not forgotten any more.
    void set_rate(K const& key, rate allowed) {
        entry& e = find(key);
        e.limiter.set_rate(allowed);
        e.pinned = true;
    }

    /// Forgets all keys of which nothing is left to remember, at once.
    void forget_idle() {
        for (std::size_t left = entries_.size(); left != 0; --left)
            look_at_oldest();
    }

    /// Result: the keys it remembers.
    [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }
    /// Result: those of the limiter of `key`.
    [[nodiscard]] rate_limiter_statistics statistics(K const& key) {
        return find(key).limiter.statistics();
    }

private:
    template<class Owner, class Key, class Wait>
    friend class detail::keyed_grant_op;

    struct entry : detail::list_node {
        entry(rate r, burst b) : limiter(r, b) {}
        rate_limiter limiter;
        K const* key = nullptr; // of the map
        bool pinned = false;
    };

    // Two are looked at for each that may be new.
    entry& find(K const& key) {
        look_at_oldest();
        look_at_oldest();
        auto const [at, made] = entries_.try_emplace(key, rate_, burst_);
        entry& e = at->second;
        if (made)
            e.key = &at->first;
        else
            e.unlink();
        used_.push_back(e);
        return e;
    }
    rate_limiter& limiter_of(K const& key, std::size_t n) {
        rate_limiter& found = find(key).limiter;
        found.check_size(n);
        return found;
    }
    void look_at_oldest() {
        if (used_.empty())
            return;
        entry& oldest = used_.pop_front();
        if (oldest.pinned || !oldest.limiter.is_idle())
            used_.push_back(oldest);
        else
            entries_.erase(entries_.find(*oldest.key));
    }

    rate rate_;
    burst burst_;
    detail::intrusive_list<entry> used_; // the longest unused first
    std::unordered_map<K, entry, Hash, Equal> entries_;
};

TETHER_END_NAMESPACE

#endif
