// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How do tasks of several loops and plain threads hand items to each other?
/// Under one lock, and whoever is woken hears of it where it lives.
#ifndef TETHER_STREAM_DETAIL_SHARED_CORE_HPP
#define TETHER_STREAM_DETAIL_SHARED_CORE_HPP

#include <tether/core/asio.hpp>
#include <tether/detail/config.hpp>
#include <tether/detail/intrusive_list.hpp>
#include <tether/detail/manual_lifetime.hpp>
#include <tether/runtime/handler_memory.hpp>
#include <tether/runtime/loop.hpp>
#include <tether/runtime/wait.hpp>
#include <tether/stream/detail/item_buffer.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

// Somebody in a line. All of it is touched under the lock of the channel, until
// wake() was called; then it belongs to who waits.
class shared_node : public list_node {
public:
    // Called under the lock, with the node out of its line.
    virtual void wake() noexcept = 0;

    void* item = nullptr; // a T to move from, or storage for one
    bool happened = false;

protected:
    ~shared_node() = default;
};

enum class shared_answer : unsigned char { happened, wait, closed };

// Invariant, whenever the lock is free: when a receiver waits nothing is
// buffered, when a sender waits the buffer is full.
template<class T>
class shared_core {
public:
    explicit shared_core(std::size_t capacity)
        : buffer_(capacity), capacity_(capacity) {}
    shared_core(shared_core const&) = delete;
    shared_core& operator=(shared_core const&) = delete;

    shared_answer put_now(T& item) {
        std::lock_guard const lock(mutex_);
        return put(item);
    }
    // Waits in line when it did not happen.
    shared_answer put_or_enter(T& item, shared_node& w) {
        std::lock_guard const lock(mutex_);
        shared_answer const answer = put(item);
        if (answer == shared_answer::wait) {
            w.item = std::addressof(item);
            putters_.push_back(w);
            ++waiting_putters_;
        }
        return answer;
    }
    shared_answer take_now(manual_lifetime<T>& into) noexcept {
        std::lock_guard const lock(mutex_);
        return take(into);
    }
    shared_answer take_or_enter(manual_lifetime<T>& into,
                                shared_node& w) noexcept {
        std::lock_guard const lock(mutex_);
        shared_answer const answer = take(into);
        if (answer == shared_answer::wait) {
            w.item = &into;
            takers_.push_back(w);
            ++waiting_takers_;
        }
        return answer;
    }

    // False if it was woken already.
    bool leave(shared_node& w, bool taker) noexcept {
        std::lock_guard const lock(mutex_);
        if (!w.linked())
            return false;
        w.unlink();
        --(taker ? waiting_takers_ : waiting_putters_);
        return true;
    }
    // An item whose receiver never ran.
    void give_back(T& item) noexcept {
        std::lock_guard const lock(mutex_);
        if (!takers_.empty())
            return hand_over(item);
        try {
            buffer_.push_front(std::move(item));
        } catch (...) { // no memory: as good as never received
        }
    }

    void close() noexcept {
        std::lock_guard const lock(mutex_);
        closed_ = true;
        while (!putters_.empty()) {
            --waiting_putters_;
            putters_.pop_front().wake();
        }
        while (!takers_.empty()) {
            --waiting_takers_;
            takers_.pop_front().wake();
        }
    }

    // For a thread, which may wait for its turn as long as it likes.
    template<class Enter>
    shared_answer block(Enter&& enter) {
        thread_node node;
        shared_answer const answer = enter(node);
        if (answer != shared_answer::wait)
            return answer;
        std::unique_lock lock(mutex_);
        node.told.wait(lock, [&] { return node.woken; });
        return node.happened ? shared_answer::happened : shared_answer::closed;
    }

    template<class Statistics>
    Statistics statistics() const {
        std::lock_guard const lock(mutex_);
        Statistics s;
        s.buffered = buffer_.size();
        s.peak = peak_;
        s.capacity = capacity_;
        s.waiting_senders = waiting_putters_;
        s.waiting_receivers = waiting_takers_;
        return s;
    }

private:
    class thread_node final : public shared_node {
    public:
        // Under the lock, so that the node is not gone before the notification.
        void wake() noexcept override {
            woken = true;
            told.notify_one();
        }
        std::condition_variable told;
        bool woken = false;
    };

    shared_answer put(T& item) {
        if (closed_)
            return shared_answer::closed;
        if (!takers_.empty()) {
            hand_over(item);
            return shared_answer::happened;
        }
        if (buffer_.size() >= capacity_)
            return shared_answer::wait;
        buffer_.push(std::move(item));
        peak_ = (std::max)(peak_, buffer_.size());
        return shared_answer::happened;
    }
    shared_answer take(manual_lifetime<T>& into) noexcept {
        if (buffer_.empty())
            return closed_ ? shared_answer::closed : shared_answer::wait;
        into.construct(std::move(buffer_.front()));
        buffer_.pop();
        while (!putters_.empty() && buffer_.size() < capacity_) {
            shared_node& w = putters_.front();
            try {
                buffer_.push(std::move(*static_cast<T*>(w.item)));
            } catch (...) {
                break; // no memory: the next receive tries again
            }
            putters_.pop_front();
            --waiting_putters_;
            w.happened = true;
            w.wake();
        }
        return shared_answer::happened;
    }
    void hand_over(T& item) noexcept {
        shared_node& w = takers_.pop_front();
        --waiting_takers_;
        static_cast<manual_lifetime<T>*>(w.item)->construct(std::move(item));
        w.happened = true;
        w.wake();
    }

    mutable std::mutex mutex_;
    item_buffer<T> buffer_;
    intrusive_list<shared_node> takers_;
    intrusive_list<shared_node> putters_;
    std::size_t capacity_;
    std::size_t waiting_takers_ = 0;
    std::size_t waiting_putters_ = 0;
    std::size_t peak_ = 0;
    bool closed_ = false;
};

// A task in a line. Woken by another thread, it is told through a handler that
// is posted to its executor under the lock: a cancel, which takes the lock, has
// either removed it before, or waits for the handler. The loop counts it as an
// operation in flight, because another thread will end it.
class shared_task_node : public wait, public shared_node {
public:
    void wake() noexcept final {
        loop& l = home();
        if (running_loop() == &l)
            return arrived();
        if (asio::io_context* const plain = l.plain_context())
            asio::post(plain->get_executor(), news(*this));
        else
            asio::post(l.executor(), news(*this));
    }

protected:
    shared_task_node() noexcept = default;
    ~shared_task_node() = default;

    loop& home() const noexcept { return *record()->home(); }
    void entered() { home().operation_started(); }
    void left() noexcept { home().operation_ended(); }

private:
    using memory = handler_memory<192>;

    class news {
    public:
        using allocator_type = handler_allocator<void, memory>;

        explicit news(shared_task_node& w) noexcept : node_(&w) {}
        news(news&& other) noexcept
            : node_(std::exchange(other.node_, nullptr)) {}
        ~news() {
            if (node_) // queued in a context that goes down
                node_->arrived();
        }
        allocator_type get_allocator() const noexcept {
            return allocator_type(node_->memory_);
        }
        void operator()() {
            shared_task_node* const n = std::exchange(node_, nullptr);
            n->home().enter([n] { n->arrived(); });
        }

    private:
        shared_task_node* node_;
    };

    void arrived() noexcept {
        left();
        complete();
    }

    memory memory_;
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
