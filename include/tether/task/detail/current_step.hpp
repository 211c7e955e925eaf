// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does another thread learn which task keeps the loop, without a lock? The
/// loop publishes each step in atomics.
#ifndef TETHER_TASK_DETAIL_CURRENT_STEP_HPP
#define TETHER_TASK_DETAIL_CURRENT_STEP_HPP

#include <tether/core/detail/text.hpp>
#include <tether/detail/config.hpp>
#include <tether/runtime/loop.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <source_location>
#include <string>
#include <string_view>

TETHER_BEGIN_NAMESPACE
namespace detail {

// A step as it was published.
struct step_seen {
    std::uint64_t number;
    bool of_task; // or of the callbacks of a stop
    bool first;
    std::string task;
    std::source_location where;
    time_point began;     // by the steady clock
    time_point cancelled; // likewise; the epoch if it is not

    // "a step of task 'a', after the await at a.cpp:7,"
    std::string text() const {
        if (!of_task)
            return "a stop callback";
        std::string out = first ? "the first step of task" : "a step of task";
        if (!task.empty()) {
            out += ' ';
            append_quoted(out, task);
        }
        if (has_place(where)) {
            out += first ? ", spawned at " : ", after the await at ";
            append_place(out, where);
            out += ',';
        }
        return out;
    }
};

// One writer, any number of readers. An odd number says that it is being
// written. Each part is released and acquired, so that who reads one of the
// next step also reads the number of that step afterwards.
class current_step {
public:
    current_step() = default;
    current_step(current_step const&) = delete;
    current_step& operator=(current_step const&) = delete;

    void begin(task_record const* r, time_point now,
               time_point cancelled) noexcept {
        bump();
        std::string_view const name = r ? r->name() : std::string_view();
        write(of_task_, r != nullptr);
        write(first_, r && !r->started());
        write(where_, place_of(r));
        write(began_, now.time_since_epoch().count());
        write(cancelled_, cancelled.time_since_epoch().count());
        write_name(name.substr(0, sizeof(word) * words));
        write(goes_on_, true);
        bump();
    }
    void end() noexcept { write(goes_on_, false); }
    void cancelled(time_point at) noexcept {
        write(cancelled_, at.time_since_epoch().count());
    }

    // Empty between two steps, and while one begins.
    std::optional<step_seen> read() const {
        std::uint64_t const number = number_.load(std::memory_order_acquire);
        step_seen seen{number,
                       read(of_task_),
                       read(first_),
                       read_name(),
                       read(where_),
                       time_point(duration(read(began_))),
                       time_point(duration(read(cancelled_)))};
        bool const goes_on = read(goes_on_);
        if (number % 2 != 0 || !goes_on ||
            number_.load(std::memory_order_relaxed) != number)
            return std::nullopt;
        return seen;
    }

private:
    using word = std::uint64_t;
    static constexpr std::size_t words = 8;

    static std::source_location place_of(task_record const* r) noexcept {
        if (!r)
            return {};
        frame_base const* const leaf = r->started() ? r->leaf() : nullptr;
        return leaf ? leaf->where : r->spawned_at;
    }

    void bump() noexcept {
        number_.store(number_.load(std::memory_order_relaxed) + 1,
                      std::memory_order_release);
    }
    template<class T, class V>
    static void write(std::atomic<T>& to, V value) noexcept {
        to.store(value, std::memory_order_release);
    }
    template<class T>
    static T read(std::atomic<T> const& from) noexcept {
        return from.load(std::memory_order_acquire);
    }
    void write_name(std::string_view name) noexcept {
        write(size_, name.size());
        for (std::size_t i = 0; i * sizeof(word) < name.size(); ++i) {
            std::string_view const part =
                name.substr(i * sizeof(word), sizeof(word));
            word w = 0;
            std::memcpy(&w, part.data(), part.size());
            write(name_[i], w);
        }
    }
    std::string read_name() const {
        std::string name(read(size_), '\0');
        for (std::size_t i = 0; i * sizeof(word) < name.size(); ++i) {
            word const w = read(name_[i]);
            std::size_t const at = i * sizeof(word);
            std::memcpy(name.data() + at, &w,
                        (std::min)(sizeof(word), name.size() - at));
        }
        return name;
    }

    std::atomic<std::uint64_t> number_{0};
    std::atomic<bool> goes_on_{false};
    std::atomic<bool> of_task_{false};
    std::atomic<bool> first_{false};
    std::atomic<std::source_location> where_{};
    std::atomic<duration::rep> began_{0};
    std::atomic<duration::rep> cancelled_{0};
    std::atomic<std::size_t> size_{0};
    std::array<std::atomic<word>, words> name_{};
};

} // namespace detail
TETHER_END_NAMESPACE

#endif
