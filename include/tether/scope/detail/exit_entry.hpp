// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What stands on an async_exit_stack? A resource or a callback, closed in the
/// same way.
#ifndef TETHER_SCOPE_DETAIL_EXIT_ENTRY_HPP
#define TETHER_SCOPE_DETAIL_EXIT_ENTRY_HPP

#include <tether/detail/config.hpp>
#include <tether/scope/exit_reason.hpp>
#include <tether/scope/with.hpp>
#include <tether/task/task.hpp>

#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

class exit_entry {
public:
    exit_entry() = default;
    exit_entry(exit_entry const&) = delete;
    exit_entry& operator=(exit_entry const&) = delete;
    // A high stack is destroyed without recursion.
    virtual ~exit_entry() {
        while (below)
            below = std::move(below->below);
    }

    virtual task<> close(exit_reason const& why) = 0;

    std::unique_ptr<exit_entry> below;
};

// `R` is a reference for a resource that lives elsewhere.
template<class R>
class resource_entry final : public exit_entry {
public:
    template<class U>
    explicit resource_entry(U&& resource)
        : resource_(std::forward<U>(resource)) {}

    std::remove_reference_t<R>& resource() noexcept { return resource_; }
    task<> close(exit_reason const& why) override {
        return close_resource(resource_, why);
    }

private:
    R resource_;
};

template<class F>
class callback_entry final : public exit_entry {
    static_assert(std::is_invocable_v<F&, exit_reason const&> ||
                      std::is_invocable_v<F&>,
                  "a callback of an async_exit_stack is called with an "
                  "exit_reason const&, or with nothing");

    static decltype(auto) call(F& f, exit_reason const& why) {
        if constexpr (std::is_invocable_v<F&, exit_reason const&>)
            return std::invoke(f, why);
        else
            return static_cast<void>(why), std::invoke(f);
    }

public:
    template<class U>
    explicit callback_entry(U&& callback)
        : callback_(std::forward<U>(callback)) {}

    task<> close(exit_reason const& why) override {
        if constexpr (std::is_same_v<decltype(call(callback_, why)), task<>>)
            return call(callback_, why);
        else
            return call_later(callback_, why);
    }

private:
    static task<> call_later(F& f, exit_reason const& why) {
        static_cast<void>(call(f, why));
        co_return;
    }

    F callback_;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
