// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// Who waits for whom at an in-memory listener? Accepts, connections that wait
/// to be accepted, and connects that are on their way.
#ifndef TETHER_TESTING_DETAIL_MEMORY_BACKLOG_HPP
#define TETHER_TESTING_DETAIL_MEMORY_BACKLOG_HPP

#include <tether/core/asio.hpp>
#include <tether/detail/config.hpp>
#include <tether/detail/diagnostics.hpp>
#include <tether/runtime/timer_queue.hpp>
#include <tether/testing/detail/memory_connection.hpp>
#include <tether/testing/detail/pending_op.hpp>
#include <tether/testing/memory_link.hpp>

#include <boost/asio/error.hpp>

#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

template<class Stream>
class memory_backlog final : public memory_object, public op_keeper<Stream> {
    using op = pending_op<Stream>;
    using executor = typename Stream::executor_type;

public:
    memory_backlog(executor ex, testing::memory_link_options const& link,
                   std::size_t most)
        : memory_object(ex),
          executor_(std::move(ex)),
          link_(link),
          most_(most) {}

    bool is_open() const noexcept { return open_ && home(); }
    std::size_t pending() const noexcept { return waiting_.size(); }
    void fail_next(bool ignore, std::size_t count) noexcept {
        ignore_ = ignore;
        failing_ = count;
    }

    template<class Handler>
    void accept(Handler&& handler) {
        if (!is_open())
            return fail(std::forward<Handler>(handler),
                        asio::error::bad_descriptor);
        check_use();
        op& made = keep(std::forward<Handler>(handler));
        accepts_.push_back(made);
        serve();
    }

    template<class Handler>
    void connect(Handler&& handler) {
        if (!home())
            return fail(std::forward<Handler>(handler),
                        asio::error::connection_refused);
        check_use();
        auto on_the_way = std::make_unique<attempt>(
            std::static_pointer_cast<memory_backlog>(shared_from_this()));
        op& made = keep(std::forward<Handler>(handler));
        on_the_way->client = &made;
        connects_.push_back(made);
        attempt& started = *on_the_way;
        attempts_.push_back(*on_the_way.release());
        if (failing_ != 0) {
            --failing_;
            if (ignore_)
                return; // until it is cancelled
            started.refused = true;
        }
        started.travel();
    }

    void cancel() noexcept {
        while (!accepts_.empty())
            accepts_.front().complete(asio::error::operation_aborted,
                                      Stream(executor_));
    }
    void close() noexcept {
        open_ = false;
        if (!home())
            return;
        cancel();
        for (; !waiting_.empty(); waiting_.pop_front())
            memory_access::reset(waiting_.front());
    }

private:
    // A connect: one latency to the listener, one back. It may outlive the
    // listener.
    struct attempt final : list_node, timer_node {
        explicit attempt(std::shared_ptr<memory_backlog> b)
            : timer_node(&arrived), owner(std::move(b)) {
            owner->home()->reserve_timer();
        }
        ~attempt() {
            if (loop* const l = owner->home()) {
                l->disarm(*this);
                l->unreserve_timer();
            }
        }
        void travel() noexcept {
            loop& l = *owner->home();
            if (owner->link_.latency.count() == 0)
                return arrived(*this);
            l.arm_reserved(*this, saturated_add(l.now(), owner->link_.latency));
        }
        static void arrived(timer_node& node) noexcept {
            auto& self = static_cast<attempt&>(node);
            auto const alive = self.owner;
            if (self.answered)
                alive->finish(self);
            else
                alive->knock(self);
        }

        std::shared_ptr<memory_backlog> owner;
        op* client = nullptr;
        std::optional<Stream> stream;
        bool refused = false;
        bool answered = false;
    };

    void knock(attempt& at) noexcept {
        at.answered = true;
        if (!open_ || waiting_.size() == most_)
            at.refused = true;
        if (!at.refused) {
            try {
                struct ends {
                    Stream client;
                    Stream server;
                };
                auto made = memory_access::connect<ends>(
                    Stream(executor_), Stream(executor_), link_, link_);
                waiting_.push_back(std::move(made.server));
                at.stream.emplace(std::move(made.client));
            } catch (...) {
                fatal("out of memory while an in-memory connection was made");
            }
        }
        serve();
        at.travel();
    }
    void finish(attempt& at) noexcept {
        op& client = *at.client;
        Stream stream(at.refused ? Stream(executor_) : std::move(*at.stream));
        error_code code;
        if (at.refused)
            code = asio::error::connection_refused;
        remove(at);
        client.complete(code, std::move(stream));
    }
    void remove(attempt& at) noexcept {
        at.unlink();
        delete &at;
    }
    void serve() noexcept {
        while (!waiting_.empty() && !accepts_.empty()) {
            Stream first(std::move(waiting_.front()));
            waiting_.pop_front();
            accepts_.front().complete({}, std::move(first));
        }
    }

    void cancel(op& one) noexcept override {
        auto const alive = shared_from_this();
        attempt* found = nullptr;
        attempts_.for_each([&](attempt& at) {
            if (at.client == &one)
                found = &at;
        });
        if (found) {
            if (found->stream)
                memory_access::reset(*found->stream);
            remove(*found);
        }
        one.complete(asio::error::operation_aborted, Stream(executor_));
    }
    void abandon() noexcept override {
        while (!attempts_.empty())
            delete &attempts_.pop_front();
        while (!connects_.empty())
            connects_.front().drop();
        while (!accepts_.empty())
            accepts_.front().drop();
    }

    template<class Handler>
    op& keep(Handler&& handler) {
        using own = std::decay_t<Handler>;
        return pending_handler<own, executor, Stream>::make(
            own(std::forward<Handler>(handler)), executor_, *home(), *this);
    }
    template<class Handler>
    void fail(Handler&& handler, error_code const& code) {
        post_result(std::forward<Handler>(handler), executor_, code,
                    Stream(executor_));
    }

    executor executor_;
    testing::memory_link_options link_;
    std::size_t most_;
    std::deque<Stream> waiting_;
    intrusive_list<op> accepts_;
    intrusive_list<op> connects_;
    intrusive_list<attempt> attempts_;
    std::size_t failing_ = 0;
    bool ignore_ = false;
    bool open_ = true;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
