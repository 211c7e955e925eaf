// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Which worker of a process_pool gets which call, and when do the workers
/// begin and end?
#ifndef TETHER_THREAD_DETAIL_POOL_OF_WORKERS_HPP
#define TETHER_THREAD_DETAIL_POOL_OF_WORKERS_HPP

#include <tether/core/errors.hpp>
#include <tether/core/exception_group.hpp>
#include <tether/core/outcome.hpp>
#include <tether/detail/call_site.hpp>
#include <tether/detail/config.hpp>
#include <tether/scope/as_outcome.hpp>
#include <tether/scope/async_try.hpp>
#include <tether/scope/deadline.hpp>
#include <tether/scope/with_task_group.hpp>
#include <tether/sync/semaphore.hpp>
#include <tether/task/task.hpp>
#include <tether/thread/command.hpp>
#include <tether/thread/detail/pool_state.hpp>
#include <tether/thread/detail/worker_call.hpp>
#include <tether/thread/detail/worker_keeper.hpp>
#include <tether/thread/detail/worker_slot.hpp>
#include <tether/thread/process_errors.hpp>
#include <tether/thread/process_pool_options.hpp>

#include <cstddef>
#include <exception>
#include <functional>
#include <list>
#include <optional>
#include <source_location>
#include <string>
#include <string_view>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

// A template, and so all that it calls, or each unit would compile it.
template<class Slot = worker_slot>
class pool_of_workers {
public:
    pool_of_workers(command what, process_pool_options const& options)
        : pool_(std::move(what), options) {}

    task<std::string> call(std::string request, std::source_location here) {
        pool_.check_open("call");
        pool_.check_size(request.size());
        counted_in_pool const visitor(pool_, pool_.visitors);
        permit const place =
            co_await places_->acquire(1, detail::site_of(here));
        pool_.check_not_closed();
        Slot& slot = free_slot();
        slot_binding const bound(slot);
        co_await until_fit(slot);
        worker_call<> exchange(slot, pool_.options.max_frame);
        co_await exchange.run(request);
        if (exchange.failed()) {
            co_await until_ended(slot, exchange);
            throw_crash(slot, exchange.why());
        }
        ++pool_.counts.answered;
        co_return exchange.take_answer();
    }

    void close() {
        if (!pool_.is_open())
            return;
        pool_.close();
        if (std::size_t const waiting = places_->statistics().waiting)
            places_->release(waiting);
        for (Slot& slot : slots_)
            slot.changed.set();
    }

    template<class T, class F>
    task<T> surround(F& work) {
        begin();
        struct leaving {
            pool_state& pool;
            ~leaving() { pool.end(); }
        } const until_left{pool_};
        std::optional<outcome<T>> result;
        std::exception_ptr error;
        auto run = [&]() -> task<> {
            outcome<T> how = co_await as_outcome(work());
            result.emplace(std::move(how));
        };
        auto wind_down = [this]() -> task<> { return this->wind_down(); };
        auto inside = [&](task_group& group) -> task<> {
            auto const start_and_run = [&]() -> task<> {
                start(group);
                return run();
            };
            try {
                co_await async_try(start_and_run)
                    .finally(wind_down)
                    .grace({(duration::max)()});
            } catch (...) {
                error = std::current_exception();
            }
        };
        co_await with_task_group(inside);
        if (error && result && result->has_error())
            throw exception_group("cleanup failed", {result->error(), error});
        if (error)
            std::rethrow_exception(error);
        co_return std::move(*result).value();
    }

    process_pool_statistics statistics() const noexcept {
        process_pool_statistics out = pool_.counts;
        out.workers = pool_.options.workers;
        for (Slot const& slot : slots_) {
            out.running += slot.fit ? 1 : 0;
            out.busy += slot.bound ? 1 : 0;
        }
        out.waiting = places_ ? places_->statistics().waiting : 0;
        return out;
    }

private:
    void begin() {
        pool_.begin();
        slots_.clear();
        slots_.resize(pool_.options.workers);
        places_.emplace(static_cast<std::ptrdiff_t>(pool_.options.workers));
    }
    // The first process of each place starts at once, or fails to.
    void start(task_group& group) {
        for (Slot& slot : slots_) {
            group.spawn(eager, named("worker"), as_service, &keep_worker<Slot>,
                        std::ref(pool_), std::ref(slot));
            if (slot.start_error)
                std::rethrow_exception(slot.start_error);
        }
    }
    // Waits for the calls that are out, then for the workers.
    task<> wind_down() {
        close();
        auto const until_idle = [this]() -> task<> {
            while (pool_.visitors != 0)
                co_await change();
        };
        static_cast<void>(
            co_await move_on_after(pool_.options.grace, until_idle));
        pool_.closing = true;
        for (Slot& slot : slots_) {
            slot.demand.set();
            if (slot.waiting)
                slot.waiting->cancel("the pool closes");
        }
        while (pool_.keepers != 0 || pool_.visitors != 0)
            co_await change();
    }
    task<> change() {
        pool_.all_is_over.clear();
        co_await pool_.all_is_over.wait();
    }

    // There are as many places as permits; the best is one that can be used.
    Slot& free_slot() noexcept {
        Slot* best = nullptr;
        auto const rank = [](Slot const& s) {
            return s.fit ? 2 : s.child || s.wanted ? 1 : 0;
        };
        for (Slot& slot : slots_)
            if (!slot.bound && (!best || rank(slot) > rank(*best)))
                best = &slot;
        return *best;
    }

    // An error when the process that was started for this call ends at once.
    task<> until_fit(Slot& slot) {
        std::size_t const starts = slot.starts;
        for (;;) {
            pool_.check_not_closed();
            if (slot.fit) {
                if (!slot.speaks())
                    co_return;
                slot.fit = false;
                slot.child->kill();
            }
            if (!slot.kept)
                throw broken_resource(pool_.title() +
                                      " lost the task of a worker");
            if (slot.starts == slot.ends && slot.starts != starts &&
                slot.failures != 0) {
                throw_crash(slot, "ended before it took a call");
            }
            if (!slot.child && !slot.wanted)
                slot.want();
            co_await slot.change();
        }
    }
    task<> until_ended(Slot& slot, worker_call<> const& call) {
        auto const gone = [&]() -> task<> {
            while (call.same_worker())
                co_await slot.change();
        };
        bool const in_time = co_await move_on_after(pool_.options.grace, gone);
        if (!in_time && slot.child && call.same_worker())
            slot.child->kill();
        co_await gone();
    }
    [[noreturn]] void throw_crash(Slot const& slot, std::string_view what) {
        pool_.check_not_closed();
        if (slot.start_error)
            std::rethrow_exception(slot.start_error);
        ++pool_.counts.crashed;
        throw worker_crashed(pool_.line, slot.last.status, what, slot.last.err);
    }

    pool_state pool_;
    std::list<Slot> slots_;
    std::optional<semaphore> places_;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
