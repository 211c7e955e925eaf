// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// In which order did things happen in a test? The log of its tasks, in one
/// line that a check can compare.
#ifndef TETHER_TESTS_SUPPORT_EVENT_LOG_HPP
#define TETHER_TESTS_SUPPORT_EVENT_LOG_HPP

#include <string>
#include <utility>
#include <vector>

namespace tether_test {

// Records what happened in which order.
class event_log {
public:
    void operator()(std::string what) { lines_.push_back(std::move(what)); }
    std::vector<std::string> const& lines() const noexcept { return lines_; }
    std::string text() const {
        std::string all;
        for (auto const& l : lines_)
            all += all.empty() ? l : " " + l;
        return all;
    }

private:
    std::vector<std::string> lines_;
};

// Says in the log when it is destroyed: the only thing a stop can do in a
// frame.
class exit_note {
public:
    exit_note(event_log& log, std::string what)
        : log_(&log), what_(std::move(what)) {}
    exit_note(exit_note&& other) noexcept
        : log_(std::exchange(other.log_, nullptr)),
          what_(std::move(other.what_)) {}
    exit_note& operator=(exit_note&&) = delete;
    ~exit_note() {
        if (log_)
            (*log_)(what_);
    }

private:
    event_log* log_;
    std::string what_;
};

} // namespace tether_test

#endif
