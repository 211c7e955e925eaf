// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a task wait for SIGHUP or SIGTERM? With a signal_receiver, which
/// keeps what arrives until somebody asks for it.
#ifndef TETHER_SERVICE_SIGNAL_RECEIVER_HPP
#define TETHER_SERVICE_SIGNAL_RECEIVER_HPP

#include <tether/core/asio.hpp>
#include <tether/core/errors.hpp>
#include <tether/detail/call_site.hpp>
#include <tether/detail/config.hpp>
#include <tether/runtime/detail/kept_signal.hpp>
#include <tether/runtime/loop.hpp>
// Builds on sync/resettable_event.hpp.
#include <tether/sync/resettable_event.hpp>
#include <tether/task/task.hpp>
#include <tether/task/this_task.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>

#include <algorithm>
#include <csignal>
#include <initializer_list>
#include <list>
#include <memory>
#include <optional>
#include <source_location>
#include <stdexcept>
#include <utility>
#include <vector>

TETHER_BEGIN_NAMESPACE
namespace detail {

// Outlives the receiver in the handler that Asio holds.
struct signal_inbox {
    void take(int number) {
        if (std::find(pending.begin(), pending.end(), number) == pending.end())
            pending.push_back(number);
    }
    std::optional<int> next() {
        if (pending.empty())
            return std::nullopt;
        int const first = pending.front();
        pending.erase(pending.begin());
        if (pending.empty())
            arrived.clear();
        return first;
    }

    // A wait is always under way: what is not fetched from Asio would be
    // counted there, and the first signal of the set would starve the others.
    static void arm(std::shared_ptr<signal_inbox> const& box) {
        box->set->async_wait(asio::bind_executor(
            box->set->get_executor(),
            [box](boost::system::error_code const& error, int number) {
                if (error)
                    return;
                if (!box->set) { // it was on its way when the receiver ended
                    std::raise(number);
                    return;
                }
                box->take(number);
                arm(box);
                tell(box);
            }));
    }
    // Once Asio has handed over all it had, or repeats would look new; but not
    // never, however many there are.
    static void tell(std::shared_ptr<signal_inbox> const& box) {
        asio::post(box->set->get_executor(), [box, seen = ++box->taken] {
            if (box->set && (box->taken == seen || seen % 4096 == 0))
                box->home->enter([&] {
                    if (!box->pending.empty())
                        box->arrived.set();
                });
        });
    }

    std::optional<asio::signal_set> set;
    loop* home = nullptr; // while the set is there
    resettable_event arrived;
    std::vector<int> pending;
    unsigned long taken = 0;
    bool awaited = false;
};

} // namespace detail

/// Receives signals of the operating system in the place of their handlers.
///
/// Invariant: a signal that comes again before it was fetched counts once; two
/// different ones are fetched in the order in which they came. The handlers
/// from before are back when the last receiver of a signal has ended, also
/// after a constructor that threw.
/// Parameters: the numbers of the signals, each once or more.
/// Errors: std::invalid_argument for an empty set; std::logic_error outside of
/// a task; system_error for a number that the system refuses.
/// Never lost: signals that were received and not fetched when the receiver
/// ends are raised again, for the handler from before. What the system has
/// delivered and the loop has not seen yet is not among them.
/// Threads: only the loop it was made on. Every receiver of a signal gets it,
/// and so does every signal_set of Asio.
/// Example:
/// ```
/// signal_receiver reload({SIGHUP});
/// for (;;) {
///     co_await reload.wait();
///     configuration = co_await load();
/// }
/// ```
/// Source: Trio's open_signal_receiver.
class signal_receiver {
public:
    /// In a task. From now on the signals come here.
    explicit signal_receiver(std::initializer_list<int> numbers)
        : signal_receiver(numbers.begin(), numbers.end()) {}
    /// The same for a range of numbers.
    template<class Iterator>
    signal_receiver(Iterator first, Iterator last) {
        if (first == last)
            throw std::invalid_argument(
                "signal_receiver: the set of signals is empty: name at least "
                "one, nothing would ever arrive");
        box_->home = detail::this_record("executor").home();
        for (; first != last; ++first)
            kept_.emplace_back(*first);
        box_->pending.reserve(kept_.size());
        try {
            box_->set.emplace(box_->home->executor());
            for (detail::kept_signal const& kept : kept_)
                box_->set->add(kept.number());
            detail::signal_inbox::arm(box_);
        } catch (...) {
            box_->set.reset(); // before the handlers come back
            throw;
        }
        // An operation that virtual time does not wait for.
        box_->home->operation_started();
        box_->home->operation_parked();
    }
    signal_receiver(signal_receiver const&) = delete;
    signal_receiver& operator=(signal_receiver const&) = delete;
    ~signal_receiver() {
        box_->set.reset();
        box_->home->operation_unparked();
        box_->home->operation_ended();
        kept_.clear();
        for (int const number : box_->pending)
            std::raise(number);
    }

    /// Waits for the next signal.
    ///
    /// Result: its number.
    /// Errors: std::logic_error while another task waits here.
    /// Completes when: a signal has arrived that was not fetched. A checkpoint.
    /// On cancellation: nothing is fetched.
    template<class = void>
    [[nodiscard("co_await it")]] task<int>
    wait(std::source_location here = std::source_location::current()) {
        if (box_->awaited)
            throw invalid_state("two tasks wait at one signal_receiver: make "
                                "another one, every receiver gets the signal",
                                this_task::name(), here);
        awaiting const one(*box_);
        for (;;) {
            co_await box_->arrived.wait(detail::site_of(here));
            if (std::optional<int> const number = box_->next())
                co_return *number;
        }
    }

    /// Result: the next signal if one has arrived.
    [[nodiscard]] std::optional<int> try_next() { return box_->next(); }

private:
    class awaiting {
    public:
        explicit awaiting(detail::signal_inbox& box) noexcept : box_(box) {
            box_.awaited = true;
        }
        awaiting(awaiting const&) = delete;
        awaiting& operator=(awaiting const&) = delete;
        ~awaiting() { box_.awaited = false; }

    private:
        detail::signal_inbox& box_;
    };

    std::shared_ptr<detail::signal_inbox> box_ =
        std::make_shared<detail::signal_inbox>();
    std::list<detail::kept_signal> kept_;
};

TETHER_END_NAMESPACE

#endif
