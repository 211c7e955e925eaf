// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a coroutine run on another loop for a task? As a root there, which
/// nobody but that task has started, cancels and waits for.
#ifndef TETHER_THREAD_DETAIL_FAR_TASK_HPP
#define TETHER_THREAD_DETAIL_FAR_TASK_HPP

#include <tether/core/asio.hpp>
#include <tether/core/cancel_reason.hpp>
#include <tether/detail/config.hpp>
#include <tether/detail/shared_text.hpp>
#include <tether/runtime/handler_memory.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/runtime/loop_service.hpp>
#include <tether/task/detail/root.hpp>
#include <tether/thread/detail/far_work.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>

#include <exception>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <thread>
#include <type_traits>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

// What a cancel from home finds of the root. All of it is under the lock but
// the root itself, which lives and dies on its loop.
class far_control {
public:
    // At home.
    void request(far_stop&& asked) {
        std::lock_guard const lock(mutex_);
        if (asked.softly) {
            if (!softly_)
                soft_why_ = std::move(asked.why);
            softly_ = true;
        } else {
            if (!hard_)
                hard_why_ = std::move(asked.why);
            hard_ = true;
            forced_ = forced_ || asked.forced;
        }
    }
    // At home. `send` posts to the far executor: also under the lock, so that
    // the context does not go in between. False if there was no memory for it.
    template<class Send>
    bool pass_on(Send&& send) noexcept {
        std::lock_guard const lock(mutex_);
        if (!open_ || sent_)
            return true;
        try {
            send();
            sent_ = true;
        } catch (std::bad_alloc const&) {
        }
        return sent_;
    }

    // The others on the far loop.
    void opens(root_base& root) {
        std::lock_guard const lock(mutex_);
        root_ = &root;
        open_ = true;
    }
    // From now on nothing is posted; `under_lock` lets go of the executor.
    template<class F>
    void closes(F&& under_lock) noexcept {
        std::lock_guard const lock(mutex_);
        open_ = false;
        under_lock();
    }
    void root_ended() noexcept { root_ = nullptr; }
    root_base* root() const noexcept { return root_; }

    // What is asked from now on is sent again.
    void arrived() {
        std::lock_guard const lock(mutex_);
        sent_ = false;
    }
    // Inside the loop. As often as something new was asked.
    void apply() {
        if (!root_)
            return;
        std::unique_lock lock(mutex_);
        bool const softly = std::exchange(softly_, false);
        bool const hard = std::exchange(hard_, false);
        bool const forced = std::exchange(forced_, false);
        cancel_reason const soft_why = std::exchange(soft_why_, {});
        cancel_reason const hard_why = std::exchange(hard_why_, {});
        lock.unlock();
        loop& l = *root_->home();
        cancel_note& note = root_->more().note;
        if (softly)
            l.cancel_soft(*root_, note, soft_why.text, soft_why.where);
        if (hard)
            l.cancel(*root_, note, hard_why);
        if (forced)
            l.force(*root_);
    }

private:
    std::mutex mutex_;
    root_base* root_ = nullptr;
    cancel_reason soft_why_;
    cancel_reason hard_why_;
    bool open_ = false;
    bool sent_ = false; // and has not arrived
    bool softly_ = false;
    bool hard_ = false;
    bool forced_ = false;
};

template<class Body>
class far_task final : public far_result<typename Body::value_type> {
    using T = typename Body::value_type;

public:
    template<class... As>
    explicit far_task(asio::any_io_executor there, As&&... as)
        : far_task::far_result(std::move(there)),
          body_(std::in_place, std::in_place, std::forward<As>(as)...) {}

    void discard() noexcept override {
        body_.reset();
        this->reset_value();
        this->let_go();
    }
    void ask_to_stop(loop&, far_stop&& request) noexcept override {
        control_.request(std::move(request));
        // A strand needs memory for it. Who has none waits for some, as a
        // cancel that gets lost would be waited for as well.
        while (!control_.pass_on([this] { send(); }))
            std::this_thread::yield();
    }

private:
    // Told of the end by the root, or destroyed after its last frame.
    class done {
    public:
        explicit done(std::shared_ptr<far_task> t) noexcept
            : task_(std::move(t)) {}
        done(done&&) noexcept = default;
        ~done() {
            if (task_)
                task_->root_dropped();
        }
        void operator()(root_result<T>&& result) {
            std::exchange(task_, nullptr)->root_ended(std::move(result));
        }
        void context_ending() noexcept { task_->close(); }

    private:
        std::shared_ptr<far_task> task_;
    };
    using root_type = root<Body, done>;

    // One at a time is under way. Its memory is free again before it is called,
    // and the next one is sent after that through the lock.
    struct stop_handler {
        using memory = handler_memory<192>;
        using allocator_type = handler_allocator<void, memory>;

        allocator_type get_allocator() const noexcept {
            return allocator_type(task->memory_);
        }
        void operator()() const {
            task->control_.arrived();
            if (root_base* const root = task->control_.root())
                root->home()->enter([&] { task->control_.apply(); });
        }

        std::shared_ptr<far_task> task;
    };
    void send() {
        if (plain_)
            asio::post(plain_->get_executor(), stop_handler{self()});
        else
            asio::post(this->executor(), stop_handler{self()});
    }

    std::shared_ptr<far_task> self() {
        return std::static_pointer_cast<far_task>(this->shared_from_this());
    }

    // What others throw on this loop meanwhile is theirs.
    void run() override {
        loop* l = nullptr;
        try {
            l = &loop_service::acquire(this->executor());
        } catch (...) {
            this->fails(std::current_exception());
            return settle();
        }
        struct releaser {
            loop& home;
            ~releaser() { home.release(); }
        } const reference{*l};
        l->enter([&] { begin(*l); });
    }
    void begin(loop& l) noexcept {
        std::unique_ptr<root_type> made;
        try {
            work_ = asio::prefer(this->executor(),
                                 asio::execution::outstanding_work.tracked);
            made = std::make_unique<root_type>(std::move(*body_), done(self()),
                                               this->where());
            record_extra& more = made->more();
            more.name = shared_text(this->name());
            more.carried = &this->carried();
        } catch (...) {
            this->fails(std::current_exception());
            made.reset();
            return settle();
        }
        body_.reset();
        begun_ = true;
        plain_ = l.plain_context();
        control_.opens(*made);
        made.release()->start(l);
        control_.apply();
    }

    void root_ended(root_result<T>&& result) {
        control_.root_ended();
        if (result.error) {
            this->fails(std::move(result.error),
                        result.stopped ? far_end::cancelled : far_end::error);
        } else {
            try {
                this->store([&]() -> T {
                    if constexpr (std::is_reference_v<T>)
                        return static_cast<T>(**result.value);
                    else if constexpr (!std::is_void_v<T>)
                        return std::move(*result.value);
                });
            } catch (...) {
                this->fails(std::current_exception());
            }
            result.value.reset();
        }
        settle();
    }
    void root_dropped() noexcept {
        if (!begun_)
            return; // begin() says why
        control_.root_ended();
        this->fails(nullptr, far_end::dropped);
        settle();
    }
    void close() noexcept {
        control_.closes([this] {
            work_ = asio::any_io_executor();
            this->forget_executor();
        });
    }
    void settle() noexcept {
        close();
        this->let_go();
        body_.reset();
        this->ended();
    }

    std::optional<Body> body_;
    far_control control_;
    typename stop_handler::memory memory_;
    asio::io_context* plain_ = nullptr; // while control_ is open
    asio::any_io_executor work_;
    bool begun_ = false;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
