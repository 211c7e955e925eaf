// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a task wait for work on another executor, so that neither side ever
/// refers to what has gone? Through a state that both share.
#ifndef TETHER_THREAD_DETAIL_FAR_WORK_HPP
#define TETHER_THREAD_DETAIL_FAR_WORK_HPP

#include <tether/core/asio.hpp>
#include <tether/core/cancel_reason.hpp>
#include <tether/core/errors.hpp>
#include <tether/detail/config.hpp>
#include <tether/runtime/detail/mailbox.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/runtime/wait.hpp>
#include <tether/scope/detail/carried_bindings.hpp>
#include <tether/task/detail/root.hpp>
#include <tether/task/task.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/post.hpp>

#include <atomic>
#include <exception>
#include <memory>
#include <source_location>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

class far_waiter;

// What the work came to.
enum class far_end : unsigned char {
    value,
    error,
    cancelled, // stopped over there, or it gave up because it was asked to
    dropped,   // its executor went away first
};

// What the task that waits passes on to the work.
struct far_stop {
    cancel_reason why;
    bool softly = false;
    bool forced = false;
};

// Home is the loop of the task that waits, far the executor of the work. The
// work is either taken back before it has begun, or waited for to its end; in
// between only the far side touches it. Whoever lets go last frees it.
class far_work : public std::enable_shared_from_this<far_work> {
public:
    far_work(far_work const&) = delete;
    far_work& operator=(far_work const&) = delete;
    virtual ~far_work() = default;

    // --- at home
    // Hands the work to its executor, with what is bound here. False if that
    // dropped it at once.
    bool submit(far_waiter& waiter, std::string_view name,
                std::source_location where) {
        waiter_ = &waiter;
        name_ = name;
        where_ = where;
        carried_ = carried_bindings::here();
        try {
            asio::post(executor_, begins(shared_from_this()));
        } catch (...) {
            if (give_up(phase::handed_over) || phase_ == phase::dropped)
                throw;
            return true; // it has begun all the same
        }
        phase expected = phase::handed_over;
        return phase_.compare_exchange_strong(expected, phase::queued) ||
               expected != phase::dropped;
    }
    // True if it has not begun and never will.
    bool take_back() noexcept { return give_up(phase::queued); }
    // Nobody wants what is left of it; called where it belongs.
    virtual void discard() noexcept = 0;
    // For what has begun, or will. Inside a walk of the tree of scopes.
    virtual void ask_to_stop(loop& home, far_stop&& request) noexcept = 0;

    far_end end() const noexcept { return end_; }
    std::exception_ptr take_error() noexcept {
        return std::exchange(error_, nullptr);
    }

protected:
    explicit far_work(asio::any_io_executor there) noexcept
        : executor_(std::move(there)) {}

    // --- over there
    virtual void run() = 0;

    void fails(std::exception_ptr error,
               far_end how = far_end::error) noexcept {
        error_ = std::move(error);
        end_ = how;
    }
    // The last thing that the far side does; nothing of the work is left there.
    void ended() noexcept;

    asio::any_io_executor const& executor() const noexcept { return executor_; }
    // A strand refers to its context, which the work may outlive: gone before
    // anybody hears of the end.
    void forget_executor() noexcept { executor_ = asio::any_io_executor(); }
    // So are the values of the task that waits.
    void let_go() noexcept {
        forget_executor();
        carried_ = carried_bindings();
    }

    // Of the task that waits.
    std::string const& name() const noexcept { return name_; }
    std::source_location where() const noexcept { return where_; }
    carried_bindings const& carried() const noexcept { return carried_; }

private:
    enum class phase : unsigned char {
        handed_over, // post() has not returned yet
        queued,
        begun,
        given_up,
        dropped,
    };

    // Stands in the queue of the executor.
    class begins {
    public:
        explicit begins(std::shared_ptr<far_work> work) noexcept
            : work_(std::move(work)) {}
        begins(begins&&) noexcept = default;
        ~begins() {
            if (work_)
                work_->drop();
        }
        void operator()() {
            std::shared_ptr<far_work> const work = std::move(work_);
            phase now = phase::handed_over;
            while (now == phase::handed_over || now == phase::queued)
                if (work->phase_.compare_exchange_weak(now, phase::begun))
                    return work->run();
        }

    private:
        std::shared_ptr<far_work> work_;
    };

    bool give_up(phase from) noexcept {
        return phase_.compare_exchange_strong(from, phase::given_up);
    }
    void drop() noexcept {
        end_ = far_end::dropped;
        phase now = phase::handed_over;
        if (phase_.compare_exchange_strong(now, phase::dropped))
            return; // submit() sees it
        if (now == phase::queued &&
            phase_.compare_exchange_strong(now, phase::dropped)) {
            discard();
            ended();
        }
    }

    asio::any_io_executor executor_;
    far_waiter* waiter_ = nullptr;
    std::string name_;
    std::source_location where_{};
    carried_bindings carried_;
    std::exception_ptr error_;
    std::atomic<phase> phase_ = phase::handed_over;
    far_end end_ = far_end::value;
};

// The wait of the task. Its loop counts it as an operation in flight: the loop
// stays, and is not taken for deadlocked, until the work has ended.
class far_waiter : public wait, private letter {
public:
    bool ready() const noexcept { return false; }
    void start() {
        home_ = record()->home();
        home_->operation_started();
        scope_.open(*record());
        bool taken = false;
        try {
            taken = work_->submit(*this, record()->name(),
                                  record()->running_leaf().where);
        } catch (...) {
            scope_.close();
            home_->operation_ended();
            throw;
        }
        if (!taken)
            arrive();
    }

    abort_result abort() noexcept override {
        if (!obliged_ && work_->take_back()) {
            home_->operation_ended();
            return abort_result::done;
        }
        ask(false);
        return abort_result::pending;
    }

    // From any thread; afterwards the waiter may be gone.
    void tell() noexcept {
        home_->tell(*this, 1, [](letter& l, unsigned) noexcept {
            static_cast<far_waiter&>(l).arrive();
        });
    }

protected:
    // `obliged`: what was handed over runs to its first checkpoint, also in a
    // cancelled scope.
    far_waiter(std::shared_ptr<far_work> work, bool obliged) noexcept
        : work_(std::move(work)), obliged_(obliged) {
        scope_.owner = this;
        scope_.on_soft = [](operation_scope& scope) noexcept {
            static_cast<far_waiter*>(scope.owner)->ask(true);
        };
    }
    ~far_waiter() {
        if (scope_.attached())
            scope_.close();
        work_->discard();
    }

    void rethrow() {
        if (work_->end() == far_end::value)
            return;
        if (work_->end() == far_end::dropped)
            throw operation_abandoned(record()->name(),
                                      record()->running_leaf().where);
        std::rethrow_exception(work_->take_error());
    }

private:
    void ask(bool softly) noexcept {
        far_stop request{cancel_reason(cancel_kind::abandoned, {}, {}, {}),
                         softly, scope_.forced()};
        try {
            scope_node const* const by = softly ? asking_node(scope_) : nullptr;
            cancel_note const* const note = by ? note_of(*by) : nullptr;
            request.why = note ? note->reason() : stop_reason(scope_);
        } catch (...) { // no memory for the words
        }
        work_->ask_to_stop(*home_, std::move(request));
    }
    // On the loop, or where the end of that is.
    void arrive() noexcept {
        loop& l = *home_;
        scope_.close();
        bool const nothing = work_->end() == far_end::dropped ||
                             work_->end() == far_end::cancelled;
        if (l.shutting_down() ||
            (nothing && (stop_requested() || record()->abort_sent)))
            complete_stopped();
        else
            complete();
        l.operation_ended();
    }

    std::shared_ptr<far_work> work_;
    loop* home_ = nullptr;
    operation_scope scope_{scope_kind::elsewhere};
    bool obliged_;
};

inline void far_work::ended() noexcept {
    waiter_->tell();
}

// Adds the value.
template<class T>
class far_result : public far_work {
public:
    using value_type = T;

    T take_value() {
        struct reset {
            result_cell<T>& cell;
            ~reset() { cell.reset(); }
        } const afterwards{cell_};
        return cell_.take();
    }

protected:
    using far_work::far_work;

    template<class F>
    void store(F&& make) {
        cell_.value.construct_with(std::forward<F>(make));
        cell_.full = true;
    }
    template<class F>
        requires std::is_void_v<T>
    void store(F&& make) {
        std::forward<F>(make)();
    }
    void reset_value() noexcept { cell_.reset(); }

private:
    [[no_unique_address]] result_cell<T> cell_;
};

template<class T>
class far_wait final : public far_waiter {
public:
    far_wait(std::shared_ptr<far_result<T>> work, bool obliged,
             char const* description) noexcept
        : far_waiter(work, obliged),
          work_(std::move(work)),
          description_(description) {}

    T result() {
        rethrow();
        return work_->take_value();
    }
    char const* description() const noexcept override { return description_; }

private:
    std::shared_ptr<far_result<T>> work_;
    char const* description_;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
