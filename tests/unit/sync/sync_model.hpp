// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// What should a primitive do? Queues of numbers, without coroutines: tasks run
/// one after the other from a queue, and each call changes everything at once.
#ifndef TETHER_TESTS_UNIT_SYNC_SYNC_MODEL_HPP
#define TETHER_TESTS_UNIT_SYNC_SYNC_MODEL_HPP

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <initializer_list>
#include <random>
#include <string>
#include <vector>

namespace tether_test::sync_model {

enum class kind {
    semaphore,
    mutex,
    shared_mutex,
    limiter,
    gate,
    lot,
    barrier,
    condition,
};
inline constexpr std::array kinds{
    kind::semaphore, kind::mutex, kind::shared_mutex, kind::limiter,
    kind::gate,      kind::lot,   kind::barrier,      kind::condition};

enum class verb {
    use,    // a task comes; the argument: permits, or 1 to write
    let_go, // a task that holds may end
    cancel, // a task
    act,    // something of the primitive; id says which, with an argument
    settle, // everything runs that can
};
struct operation {
    verb what;
    int id = 0;
    int argument = 0;
};
struct program {
    kind what;
    std::vector<operation> operations;
};

inline program make_program(kind k, std::uint64_t seed) {
    std::mt19937_64 random(seed * 8 + static_cast<std::uint64_t>(k));
    auto const below = [&](int n) {
        return static_cast<int>(random() % static_cast<std::uint64_t>(n));
    };
    program p{k, {}};
    int tasks = 0;
    int const steps = 10 + below(30);
    for (int i = 0; i != steps; ++i) {
        int const dice = below(10);
        if (dice < 3 || tasks == 0) {
            int const argument =
                k == kind::semaphore ? below(4) : (below(3) == 0 ? 1 : 0);
            p.operations.push_back({verb::use, tasks++, argument});
        } else if (dice < 5) {
            p.operations.push_back({verb::let_go, below(tasks)});
        } else if (dice < 7) {
            p.operations.push_back({verb::cancel, below(tasks)});
        } else if (dice < 8) {
            p.operations.push_back({verb::act, below(2), below(4)});
        } else {
            p.operations.push_back({verb::settle});
        }
    }
    p.operations.push_back({verb::settle});
    return p;
}

inline std::string joined(std::vector<std::string> const& lines) {
    std::string out;
    for (auto const& l : lines)
        out += l + " ";
    return out;
}

inline std::string to_text(program const& p) {
    static constexpr char const* names[] = {"use", "let_go", "cancel", "act",
                                            "settle"};
    std::string out =
        "primitive " + std::to_string(static_cast<int>(p.what)) + "\n";
    for (operation const& o : p.operations)
        out += std::string(names[static_cast<int>(o.what)]) + " " +
               std::to_string(o.id) + " " + std::to_string(o.argument) + "\n";
    return out;
}

class machine {
public:
    explicit machine(kind k) : kind_(k) {}

    std::vector<std::string> run(program const& p) {
        for (operation const& o : p.operations) {
            switch (o.what) {
            case verb::use:
                tasks_.push_back({});
                tasks_.back().argument = o.argument;
                ready_.push_back(o.id);
                break;
            case verb::let_go:
                let_go(o.id);
                break;
            case verb::cancel:
                cancel(o.id);
                break;
            case verb::act:
                act(o.id, o.argument);
                break;
            case verb::settle:
                settle();
                log_.push_back("[" + state() + "]");
                break;
            }
        }
        for (std::size_t id = 0; id != tasks_.size(); ++id)
            cancel(static_cast<int>(id));
        settle();
        log_.push_back("[" + state() + "]");
        return log_;
    }

private:
    enum class at {
        start,   // has not run
        waiting, // in the queue
        awaited, // a condition: in the queue of the condition
        granted, // has what it waited for, and has not run
        holding, // until it is let go
        leaving, // let go, or stopped while it held
        stopped, // while it waited
        relock,  // a condition: notified or stopped, in the mutex's queue
        ended,
    };
    struct one {
        at where = at::start;
        int argument = 0;
        bool cancelled = false;
        bool go = false;
        bool broken = false;
        bool condition_lock = false; // has the lock, to wait for the condition
        bool stopping = false;       // a condition: the stop waits for the lock
        bool notified = false;       // a condition
        bool passes_on = false;      // by notify(n), not by notify_all()
    };

    one& task(int id) { return tasks_[static_cast<std::size_t>(id)]; }
    void say(char c, int id) { log_.push_back(c + std::to_string(id)); }

    void settle() {
        while (!ready_.empty()) {
            int const id = ready_.front();
            ready_.pop_front();
            step(id);
        }
    }

    void step(int id) {
        one& t = task(id);
        switch (t.where) {
        case at::start:
            if (t.cancelled) {
                t.where = at::ended;
            } else if (broken_) {
                say('!', id);
                t.where = at::ended;
            } else if (try_take(id)) {
                has(id);
            } else {
                t.where = at::waiting;
                queue_.push_back(id);
            }
            break;
        case at::granted:
            if (t.broken) {
                say('!', id);
                t.where = at::ended;
            } else {
                has(id);
            }
            break;
        case at::leaving:
            say('-', id);
            t.where = at::ended;
            give_back(id);
            break;
        case at::stopped:
            t.where = at::ended;
            if (t.condition_lock || t.stopping)
                give_back(id);
            break;
        default:
            log_.push_back("the model is wrong");
        }
    }

    // Runs with what it waited for; what follows is a checkpoint.
    void has(int id) {
        one& t = task(id);
        if (kind_ == kind::condition && !t.condition_lock) {
            t.condition_lock = true; // now it waits for the condition
            if (t.cancelled) {
                t.where = at::ended;
                give_back(id);
                return;
            }
            t.where = at::awaited;
            awaiting_.push_back(id);
            give_back(id);
            return;
        }
        say('+', id);
        if (t.cancelled) {
            say('-', id);
            t.where = at::ended;
            give_back(id);
        } else if (t.go) {
            say('-', id);
            t.where = at::ended;
            give_back(id);
        } else {
            t.where = at::holding;
        }
    }

    void let_go(int id) {
        one& t = task(id);
        if (t.go)
            return;
        t.go = true;
        if (t.where == at::holding) {
            t.where = at::leaving;
            ready_.push_back(id);
        }
    }

    void cancel(int id) {
        one& t = task(id);
        if (t.cancelled || t.where == at::ended)
            return;
        t.cancelled = true;
        switch (t.where) {
        case at::waiting:
            std::erase(queue_, id);
            t.where = at::stopped;
            serve(); // who fits now goes on
            ready_.push_back(id);
            break;
        case at::holding:
            t.where = at::leaving;
            ready_.push_back(id);
            break;
        case at::awaited:
            std::erase(awaiting_, id);
            t.stopping = true;
            lock_again(id);
            break;
        case at::relock:
            if (!t.stopping && t.passes_on && !awaiting_.empty())
                notify_first(true);
            t.stopping = true;
            break;
        default:
            break; // has not run, or has what it waited for
        }
    }

    // --- what the primitive has, and who fits
    bool fits(int id) {
        int const n = task(id).argument;
        switch (kind_) {
        case kind::semaphore:
            return n <= available_;
        case kind::mutex:
        case kind::condition:
            return held_ == 0;
        case kind::shared_mutex:
            return !writer_ && (n == 0 || held_ == 0);
        case kind::limiter:
            return held_ < total_;
        case kind::gate:
            return open_;
        case kind::lot:
        case kind::barrier:
            break;
        }
        return false;
    }
    void take(int id) {
        int const n = task(id).argument;
        if (kind_ == kind::semaphore) {
            available_ -= n;
            held_ += n;
        } else if (kind_ == kind::shared_mutex && n == 1) {
            writer_ = true;
        } else if (kind_ != kind::gate && kind_ != kind::lot &&
                   kind_ != kind::barrier) {
            ++held_;
        }
    }
    void give_back(int id) {
        int const n = task(id).argument;
        if (kind_ == kind::semaphore) {
            available_ += n;
            held_ -= n;
        } else if (kind_ == kind::shared_mutex && n == 1) {
            writer_ = false;
        } else if (kind_ != kind::gate && kind_ != kind::lot &&
                   kind_ != kind::barrier) {
            --held_;
        }
        serve();
    }
    bool try_take(int id) {
        if (kind_ == kind::barrier && queue_.size() == 2) {
            grant(2);
            return true;
        }
        if (!queue_.empty() || !fits(id))
            return false;
        take(id);
        return true;
    }
    void serve() {
        if (kind_ == kind::lot || kind_ == kind::barrier)
            return;
        while (!queue_.empty() && fits(queue_.front())) {
            take(queue_.front());
            grant(1);
        }
    }
    void grant(std::size_t n) {
        for (; n != 0 && !queue_.empty(); --n) {
            int const id = queue_.front();
            queue_.pop_front();
            one& t = task(id);
            t.where = t.stopping ? at::stopped : at::granted;
            ready_.push_back(id);
        }
    }

    // --- conditions
    void lock_again(int id) {
        task(id).where = at::relock;
        queue_.push_back(id);
        serve();
    }
    void notify_first(bool passes_on) {
        int const id = awaiting_.front();
        awaiting_.pop_front();
        task(id).notified = true;
        task(id).passes_on = passes_on;
        lock_again(id);
    }

    void act(int which, int n) {
        auto const answer = [&](bool yes) {
            log_.push_back(yes ? "=yes" : "=no");
        };
        auto const could_take = [&](int amount) {
            tasks_.push_back({});
            tasks_.back().argument = amount;
            bool const yes =
                queue_.empty() && fits(static_cast<int>(tasks_.size()) - 1);
            tasks_.pop_back();
            return yes;
        };
        auto const break_all = [&] {
            for (int const id : queue_)
                task(id).broken = true;
            grant(queue_.size());
        };
        switch (kind_) {
        case kind::semaphore:
            if (which == 0) {
                available_ += n;
                serve();
            } else {
                answer(could_take(n));
            }
            break;
        case kind::mutex:
            answer(could_take(0));
            break;
        case kind::shared_mutex:
            answer(could_take(which == 0 ? 1 : 0));
            break;
        case kind::limiter:
            if (which == 0) {
                total_ = n;
                serve();
            } else {
                answer(could_take(0));
            }
            break;
        case kind::gate:
            open_ = which == 0;
            serve();
            break;
        case kind::lot: {
            std::size_t const before = queue_.size();
            grant(static_cast<std::size_t>(n));
            log_.push_back("=" + std::to_string(before - queue_.size()));
            break;
        }
        case kind::barrier:
            break_all();
            broken_ = which != 0;
            break;
        case kind::condition: {
            if (!could_take(0)) {
                answer(false);
                break;
            }
            ++held_; // while it notifies
            std::size_t const before = awaiting_.size();
            while (!awaiting_.empty() && (which != 0 || n-- != 0))
                notify_first(which == 0);
            log_.push_back("=" + std::to_string(before - awaiting_.size()));
            --held_;
            serve();
            break;
        }
        }
    }

    std::string state() {
        auto const text = [](std::initializer_list<std::size_t> numbers) {
            std::string out;
            for (std::size_t const n : numbers)
                out += std::to_string(n) + " ";
            return out;
        };
        auto const size = [](int n) { return static_cast<std::size_t>(n); };
        switch (kind_) {
        case kind::semaphore:
            return text({size(available_), size(held_), queue_.size()});
        case kind::mutex:
            return text({size(held_), queue_.size()});
        case kind::shared_mutex:
            return text({writer_, size(held_), queue_.size()});
        case kind::limiter:
            return text({size(total_), size(held_), queue_.size()});
        case kind::gate:
            return text({open_, queue_.size()});
        case kind::lot:
            return text({queue_.size()});
        case kind::barrier:
            return text({queue_.size(), broken_});
        case kind::condition: {
            std::size_t notified = 0;
            for (one const& t : tasks_)
                notified += t.where == at::relock && t.notified ? 1 : 0;
            return text(
                {size(held_), queue_.size(), awaiting_.size(), notified});
        }
        }
        return {};
    }

    kind kind_;
    std::vector<one> tasks_;
    std::deque<int> ready_;
    std::deque<int> queue_;
    std::deque<int> awaiting_;
    std::vector<std::string> log_;
    int available_ = 2; // semaphore
    int held_ = 0;      // permits, readers, tokens, the lock
    int total_ = 2;     // limiter
    bool writer_ = false;
    bool open_ = false;
    bool broken_ = false;
};

} // namespace tether_test::sync_model

#endif
