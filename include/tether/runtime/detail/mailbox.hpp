// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does another thread tell a loop what became of an operation, while the
/// context of the loop may be going down? It leaves a letter in the mailbox.
#ifndef TETHER_RUNTIME_DETAIL_MAILBOX_HPP
#define TETHER_RUNTIME_DETAIL_MAILBOX_HPP

#include <tether/detail/config.hpp>
#include <tether/detail/wakers.hpp>

#include <condition_variable>
#include <mutex>
#include <utility>

TETHER_BEGIN_NAMESPACE
namespace detail {

// Part of what waits for the operation, so that sending allocates nothing. It
// may be sent again, with other news, before it was read.
class letter {
public:
    using reader = void (*)(letter&, unsigned news) noexcept;

    letter() noexcept {} // NOLINT(modernize-use-equals-default): the rest later
    letter(letter const&) = delete;
    letter& operator=(letter const&) = delete;

protected:
    ~letter() = default;

private:
    friend class mailbox;
    unsigned news_ = 0; // under the mailbox's lock, as all of it
    letter* next_;
    reader read_;
};

// Plain bookkeeping. Invariant: a letter that was sent is read once for each
// set of news, by the loop's thread while there is a context, afterwards by one
// sender at a time.
class mailbox {
public:
    mailbox() noexcept = default;
    mailbox(mailbox const&) = delete;
    mailbox& operator=(mailbox const&) = delete;

    // From any thread. `wake` makes the loop read; it is called without the
    // lock, which the loop would wait for as soon as it wakes up. True if there
    // is no context any more, so that the sender has to read.
    template<class Wake>
    [[nodiscard]] bool send(letter& l, unsigned news, letter::reader read,
                            Wake&& wake) {
        std::unique_lock lock(mutex_);
        if (l.news_ != 0) { // who comes for the letter reads this as well
            l.news_ |= news;
            return false;
        }
        l.news_ = news;
        l.next_ = nullptr;
        l.read_ = read;
        (last_ ? last_->next_ : first_) = &l;
        last_ = &l;
        if (life_ == life::ending) {
            arrived_.notify_all();
            return false;
        }
        if (std::exchange(read_, true))
            return false;
        if (life_ == life::over)
            return true;
        wakers_.enter();
        lock.unlock();
        wake();
        wakers_.leave();
        return false;
    }

    // Reads what was there at the call; false if that was nothing. What comes
    // later has a reader of its own, which it keeps the loop alive for.
    bool read_all() noexcept {
        std::unique_lock lock(mutex_);
        if (life_ == life::open)
            read_ = false;
        letter* const end = last_;
        if (!end)
            return false;
        for (letter* l = nullptr; l != end;) {
            l = first_;
            first_ = l->next_;
            if (!first_)
                last_ = nullptr;
            unsigned const news = std::exchange(l->news_, 0U);
            lock.unlock();
            l->read_(*l, news);
            lock.lock();
        }
        return true;
    }

    // The context goes down: its last handlers empty the mailbox.
    void end() noexcept {
        {
            std::lock_guard const lock(mutex_);
            life_ = life::ending;
            read_ = false;
        }
        wakers_.until_left();
    }
    // While it goes down: blocks until there is something to read.
    void wait() noexcept {
        std::unique_lock lock(mutex_);
        arrived_.wait(lock, [this] { return first_ != nullptr; });
    }
    // The context is gone. True if there is something left to read, by the
    // caller.
    bool close() noexcept {
        std::lock_guard const lock(mutex_);
        life_ = life::over;
        read_ = first_ != nullptr;
        return read_;
    }

    // When a sender has read: true if it may leave. `let_go` is called under
    // the lock.
    template<class LetGo>
    bool leave(LetGo&& let_go) noexcept {
        std::lock_guard const lock(mutex_);
        if (first_)
            return false;
        read_ = false;
        let_go();
        return true;
    }

private:
    enum class life : unsigned char { open, ending, over };

    std::mutex mutex_;
    std::condition_variable arrived_;
    wakers wakers_;
    letter* first_ = nullptr;
    letter* last_ = nullptr;
    life life_ = life::open;
    bool read_ = false; // a reader was posted, or reads
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
