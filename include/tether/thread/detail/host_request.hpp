// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a thread have something run by the task that waits for it? It
/// leaves a request and blocks until that is answered.
#ifndef TETHER_THREAD_DETAIL_HOST_REQUEST_HPP
#define TETHER_THREAD_DETAIL_HOST_REQUEST_HPP

#include <tether/detail/config.hpp>
#include <tether/runtime/frame.hpp>

#include <condition_variable>
#include <exception>
#include <mutex>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

enum class host_answer : unsigned char {
    none,
    done,     // there is a result, or an error
    stopped,  // the host was cancelled
    finished, // there is no host any more
};

// Shared by both sides: when the context goes down the thread is let go before
// the frames that serve it.
class host_request {
public:
    host_request() = default;
    host_request(host_request const&) = delete;
    host_request& operator=(host_request const&) = delete;
    virtual ~host_request() = default;

    // On the loop: the frame that serves it, which ends at `end`.
    virtual frame_base& begin(boundary& end) = 0;

    // The first answer counts.
    void answer(host_answer a, std::exception_ptr error = nullptr) noexcept {
        std::lock_guard const lock(mutex_);
        if (answer_ != host_answer::none)
            return;
        answer_ = a;
        error_ = std::move(error);
        answered_.notify_one(); // locked, as the thread may end at once
    }

protected:
    host_answer wait() noexcept {
        std::unique_lock lock(mutex_);
        answered_.wait(lock, [this] { return answer_ != host_answer::none; });
        return answer_;
    }
    void rethrow() {
        if (error_)
            std::rethrow_exception(std::exchange(error_, nullptr));
    }

private:
    std::mutex mutex_;
    std::condition_variable answered_;
    host_answer answer_ = host_answer::none;
    std::exception_ptr error_;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
