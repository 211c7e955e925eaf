// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// In what order does a loop learn what threads want of it, also without
/// memory?
#ifndef TETHER_THREAD_DETAIL_PORTAL_ERRANDS_HPP
#define TETHER_THREAD_DETAIL_PORTAL_ERRANDS_HPP

#include <tether/detail/config.hpp>
#include <tether/thread/detail/portal_request.hpp>

#include <exception>
#include <memory>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

// What the loop is to do for a request.
struct portal_errand {
    std::shared_ptr<portal_request> request;
    std::exception_ptr unread;
    bool begin = false;
    bool cancel = false;
};

// In the order in which they came. Made of the requests themselves: a cancel
// and an error that nobody has read must arrive without memory as well.
// Invariant: a request is in it once, with all that is wanted of it.
class portal_errands {
public:
    void begin(std::shared_ptr<portal_request> r) noexcept {
        r->to_begin_ = true;
        push(std::move(r));
    }
    void cancel(std::shared_ptr<portal_request> r) noexcept {
        r->to_cancel_ = true;
        push(std::move(r));
    }
    void report(std::shared_ptr<portal_request> r,
                std::exception_ptr unread) noexcept {
        r->unread_ = std::move(unread);
        push(std::move(r));
    }

    portal_request const* last() const noexcept { return last_; }
    portal_errand pop() noexcept {
        portal_errand e;
        e.request = std::move(first_);
        portal_request& r = *e.request;
        first_ = std::move(r.next_);
        if (!first_)
            last_ = nullptr;
        r.queued_ = false;
        e.unread = std::exchange(r.unread_, nullptr);
        e.begin = std::exchange(r.to_begin_, false);
        e.cancel = std::exchange(r.to_cancel_, false);
        return e;
    }

private:
    void push(std::shared_ptr<portal_request> r) noexcept {
        if (std::exchange(r->queued_, true))
            return;
        portal_request* const added = r.get();
        (last_ ? last_->next_ : first_) = std::move(r);
        last_ = added;
    }

    std::shared_ptr<portal_request> first_;
    portal_request* last_ = nullptr;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
