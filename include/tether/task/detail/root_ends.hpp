// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How do the roots end that a run leaves behind? They are cancelled, on the
/// loops of strands too, and after a grace their shields go as well.
#ifndef TETHER_TASK_DETAIL_ROOT_ENDS_HPP
#define TETHER_TASK_DETAIL_ROOT_ENDS_HPP

#include <tether/detail/config.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/runtime/loop_service.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <chrono>
#include <memory>
#include <vector>

TETHER_BEGIN_NAMESPACE
namespace detail {

// How long a run that is told to end waits for what is shielded.
inline constexpr duration shutdown_grace = std::chrono::seconds(10);

// Ends the shields of all roots once the grace of a shutdown is over (SH11).
class grace_timer final : private timer_node {
public:
    explicit grace_timer(loop& l) noexcept : timer_node(&expired), loop_(l) {}
    grace_timer(grace_timer const&) = delete;
    grace_timer& operator=(grace_timer const&) = delete;
    ~grace_timer() { loop_.disarm(*this); }

    // For one root, or with null for all that are left.
    void begin(task_record* only) {
        only_ = only;
        loop_.disarm(*this);
        loop_.arm(*this, saturated_add(loop_.now(), shutdown_grace));
    }

private:
    static void expired(timer_node& node) noexcept {
        auto& self = static_cast<grace_timer&>(node);
        if (self.only_)
            return self.end(*self.only_);
        for (scope_node* at = self.loop_.roots().first_child(); at;
             at = at->next_sibling())
            self.end(*static_cast<task_record*>(at));
    }
    void end(task_record& r) noexcept {
        // What counts inside the shields from now on.
        if (record_extra* const extra = r.extra())
            extra->note = cancel_note{cancel_kind::grace_expired,
                                      {},
                                      loop::keep("runtime grace expired"),
                                      {},
                                      {},
                                      loop_.now()};
        loop_.force(r);
    }

    loop& loop_;
    task_record* only_ = nullptr;
};

// Cancels the roots that main left behind (RU05).
inline void cancel_roots(loop& l) {
    for (scope_node* at = l.roots().first_child(); at;
         at = at->next_sibling()) {
        auto& r = *static_cast<task_record*>(at);
        l.cancel(r, r.more().note, cancel_kind::shutdown,
                 "the main task has ended", {});
    }
}

inline bool has_work(loop const& l) noexcept {
    return !l.idle() || l.waits_for_system() ||
           (!l.timers().empty() && !l.virtual_time());
}

// The end of the roots on the strands of a context, each on its own loop.
class strand_ends {
public:
    strand_ends(asio::io_context& io, loop& main) noexcept
        : io_(io), main_(main) {}

    // Whether roots are left; those not yet known are told to end.
    bool left() {
        for (loop* l : loop_service::busy_loops(io_)) {
            auto const found = std::make_shared<ending>(*l);
            if (l == &main_ || known(*l))
                continue;
            all_.push_back(found);
            asio::post(l->executor(), [found] {
                loop& home = found->home.get();
                home.enter([&] {
                    cancel_roots(home);
                    found->grace.begin(nullptr);
                });
            });
        }
        for (auto const& e : all_)
            if (e->home.get().live_tasks() != 0)
                return true;
        return false;
    }
    bool busy() const noexcept {
        for (auto const& e : all_)
            if (has_work(e->home.get()))
                return true;
        return false;
    }

private:
    struct ending {
        explicit ending(loop& l) noexcept : home(l), grace(l) {}
        loop_reference home; // lives longer than what uses the loop
        grace_timer grace;
    };

    bool known(loop const& l) const noexcept {
        for (auto const& e : all_)
            if (&e->home.get() == &l)
                return true;
        return false;
    }

    asio::io_context& io_;
    loop& main_;
    std::vector<std::shared_ptr<ending>> all_;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
