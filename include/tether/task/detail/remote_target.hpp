// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How do other threads reach an object that lives in a task and may be gone?
/// Through a state with a lock that both sides share.
#ifndef TETHER_TASK_DETAIL_REMOTE_TARGET_HPP
#define TETHER_TASK_DETAIL_REMOTE_TARGET_HPP

#include <tether/core/asio.hpp>
#include <tether/detail/config.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/runtime/loop_roles.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>

#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

// The owner forgets itself under the lock before it goes, so that whoever holds
// the lock and finds it may post. So does the context, which goes first where
// another one keeps the frame of the owner. While handles exist, somebody may
// still call: that is work.
class remote_target : private context_border {
public:
    explicit remote_target(loop& home) : executor_(home.executor()) {
        home.borders().push_back(*this);
    }
    remote_target(remote_target const&) = delete;
    remote_target& operator=(remote_target const&) = delete;

    void add_handle() {
        std::lock_guard const lock(mutex_);
        if (alive_ && !work_)
            work_.emplace(asio::prefer(
                executor_, asio::execution::outstanding_work.tracked));
        ++handles_;
    }
    void remove_handle() noexcept {
        std::lock_guard const lock(mutex_);
        if (--handles_ == 0)
            work_.reset();
    }
    // On the loop.
    void forget() noexcept {
        if (linked())
            unlink();
        std::lock_guard const lock(mutex_);
        alive_ = false;
        work_.reset();
        executor_ = asio::any_io_executor();
    }

protected:
    ~remote_target() = default;

    // On the loop, where the owner ends as well.
    bool alive() const noexcept { return alive_; }
    std::mutex& mutex() const noexcept { return mutex_; }
    // Under the lock. False if the owner has gone.
    template<class F>
    bool post(F&& f) {
        if (!alive_)
            return false;
        asio::post(executor_, std::forward<F>(f));
        return true;
    }

private:
    void leave_context() noexcept final { forget(); }

    mutable std::mutex mutex_;
    asio::any_io_executor executor_;
    std::optional<asio::any_io_executor> work_;
    std::size_t handles_ = 0;
    bool alive_ = true;
};

// What a handle is made of: a counted reference to the target.
template<class Target>
class remote_reference {
public:
    remote_reference() noexcept = default;
    explicit remote_reference(std::shared_ptr<Target> target)
        : target_(std::move(target)) {
        target_->add_handle();
    }
    remote_reference(remote_reference const& other) : target_(other.target_) {
        if (target_)
            target_->add_handle();
    }
    remote_reference(remote_reference&& other) noexcept
        : target_(std::move(other.target_)) {}
    remote_reference& operator=(remote_reference other) noexcept {
        target_.swap(other.target_);
        return *this;
    }
    ~remote_reference() {
        if (target_)
            target_->remove_handle();
    }

    std::shared_ptr<Target> const& get() const noexcept { return target_; }

private:
    std::shared_ptr<Target> target_;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
