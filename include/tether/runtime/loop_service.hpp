// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Which loop belongs to an executor, and what becomes of its tasks when the
/// context is destroyed? One service per context keeps the loops.
#ifndef TETHER_RUNTIME_LOOP_SERVICE_HPP
#define TETHER_RUNTIME_LOOP_SERVICE_HPP

#include <tether/core/asio.hpp>
#include <tether/detail/config.hpp>
#include <tether/runtime/loop.hpp>

#include <boost/asio/execution_context.hpp>

#include <algorithm>
#include <memory>
#include <mutex>
#include <vector>

TETHER_BEGIN_NAMESPACE
namespace detail {

// Two roots on one strand share a loop, found by executor equality. The loop of
// a plain io_context stays; that of a strand goes when nothing refers to it,
// or every connection's strand would leave one behind.
class loop_service final : public asio::execution_context::service,
                           public loop_owner {
public:
    static inline asio::execution_context::id id;

    explicit loop_service(asio::execution_context& context)
        : asio::execution_context::service(context) {}

    // Tasks that wait for something outside of the context are still there.
    ~loop_service() override {
        static constinit self_owner orphans;
        for (auto& l : loops_) {
            if (l->live_tasks() == 0)
                continue;
            loop& left = *l.release();
            bool const kept = left.plain_context() != nullptr;
            left.orphan(orphans);
            if (kept)
                left.release(); // the reference of find(); tasks have others
            if (left.leave_to_strangers())
                left.read_as_stranger();
        }
    }

    // The loop of `executor`, with one reference that the caller releases.
    static loop& acquire(asio::any_io_executor const& executor) {
        auto& context = asio::query(executor, asio::execution::context);
        return asio::use_service<loop_service>(context).find(executor);
    }

    // The loops of a context with live tasks, each with one reference that the
    // caller releases. For whoever is alone in running the context.
    static std::vector<loop*> busy_loops(asio::execution_context& context) {
        auto& self = asio::use_service<loop_service>(context);
        std::vector<loop*> busy;
        std::lock_guard const lock(self.mutex_);
        for (auto& l : self.loops_) {
            if (l->live_tasks() == 0)
                continue;
            busy.push_back(l.get());
            l->retain();
        }
        return busy;
    }

private:
    // Dropped by the context among its last handlers; by then the handlers of
    // our operations are destroyed one after the other, and each pass of the
    // reaper destroys the frames that became free.
    class reaper {
    public:
        explicit reaper(loop_service& service) noexcept : service_(&service) {}
        reaper(reaper&& other) noexcept
            : service_(std::exchange(other.service_, nullptr)) {}
        ~reaper() {
            if (service_)
                service_->reap();
        }
        void operator()() noexcept {}

    private:
        loop_service* service_;
    };

    // Nobody but its tasks owns such a loop.
    class self_owner final : public loop_owner {
    public:
        constexpr self_owner() noexcept = default;
        void loop_unused(loop& unused) noexcept override { delete &unused; }
    };

    loop& find(asio::any_io_executor const& executor) {
        std::lock_guard const lock(mutex_);
        for (auto& l : loops_) {
            if (l->executor() == executor) {
                l->retain();
                return *l;
            }
        }
        loops_.push_back(std::make_unique<loop>(*this, executor));
        loop& made = *loops_.back();
        made.retain();
        if (made.plain_context())
            made.retain(); // kept until the context goes
        return made;
    }

    void loop_unused(loop& unused) noexcept override {
        std::unique_ptr<loop> last; // dies after the lock is released
        std::lock_guard const lock(mutex_);
        auto at = std::find_if(loops_.begin(), loops_.end(),
                               [&](auto& l) { return l.get() == &unused; });
        // Somebody may have found it again between the count and the lock.
        if (at == loops_.end() || unused.references_ != 0 || shut_down_)
            return;
        last = std::move(*at);
        loops_.erase(at);
    }

    void shutdown() noexcept override {
        shut_down_ = true;
        for (auto& l : loops_)
            l->begin_shutdown();
        post_reaper();
    }

    void reap() noexcept {
        bool progress = false;
        std::size_t live = 0;
        for (auto& l : loops_) {
            progress = l->drain_shut_down() || progress;
            live += l->live_tasks();
        }
        idle_rounds_ = progress ? 0 : idle_rounds_ + 1;
        if (live == 0)
            return;
        // A few rounds let all handlers queued here go; a task that is left
        // then waits for something that is not in this context.
        if (idle_rounds_ < 1000 || wait_for_thread())
            return post_reaper();
        for (auto& l : loops_)
            l->borders().for_each([](context_border& b) { b.leave_context(); });
    }

    // False if no thread works with the frames of a task.
    bool wait_for_thread() noexcept {
        for (auto& l : loops_) {
            if (l->joined_work()) {
                l->wait_for_letter();
                return true;
            }
        }
        return false;
    }

    // To the context itself and never to a strand, whose queue would keep it.
    void post_reaper() noexcept {
        if (!loops_.empty())
            asio::post(loops_.front()->base_executor(), reaper(*this));
    }

    std::mutex mutex_;
    std::vector<std::unique_ptr<loop>> loops_;
    bool shut_down_ = false;
    unsigned idle_rounds_ = 0;
};

// One reference to a loop, taken over from acquire() or busy_loops().
class loop_reference {
public:
    explicit loop_reference(loop& l) noexcept : loop_(l) {}
    loop_reference(loop_reference const&) = delete;
    loop_reference& operator=(loop_reference const&) = delete;
    ~loop_reference() { loop_.release(); }
    loop& get() const noexcept { return loop_; }

private:
    loop& loop_;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
