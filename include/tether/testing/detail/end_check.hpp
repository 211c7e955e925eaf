// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 the tether authors
/// \file
/// How does a double tell that something is wrong with it when nobody asks? The
/// test in whose tasks it was used asks at its end.
#ifndef TETHER_TESTING_DETAIL_END_CHECK_HPP
#define TETHER_TESTING_DETAIL_END_CHECK_HPP

#include <tether/core/asio.hpp>
#include <tether/detail/config.hpp>
#include <tether/detail/intrusive_list.hpp>
#include <tether/runtime/loop.hpp>

#include <boost/asio/execution_context.hpp>

#include <exception>
#include <string>
#include <utility>
#include <vector>

TETHER_BEGIN_NAMESPACE
namespace testing::detail {

class end_check;

// The doubles that the tasks of a context have used, and what was wrong with
// those that are gone. Reported only when the body of the test found nothing
// wrong itself.
class end_checks final : public asio::execution_context::service {
public:
    static inline asio::execution_context::id id;

    explicit end_checks(asio::execution_context& context)
        : asio::execution_context::service(context) {}
    ~end_checks() override;

    void add(end_check& one) noexcept;
    void add_problem(std::string problem) {
        problems_.push_back(std::move(problem));
    }
    // Asks all, who then belong to no test any more.
    std::vector<std::string> take();

private:
    void shutdown() noexcept override {}

    tether::detail::intrusive_list<end_check> checks_;
    std::vector<std::string> problems_;
};

class end_check : public tether::detail::list_node {
public:
    // What is wrong, empty if nothing is.
    virtual std::string problem() const = 0;

protected:
    end_check() = default;
    // A double that outlives its test has been asked.
    ~end_check() {
        if (linked())
            unlink();
    }

    // Called by every use; the first one in a task counts.
    void join_test() {
        tether::detail::loop* const home = tether::detail::running_loop();
        if (!home || linked())
            return;
        test_ = &asio::use_service<end_checks>(home->context());
        test_->add(*this);
    }
    // The double goes before the test ends. An error on its way is the error
    // of the test, and what it left undone is no second one.
    void last_words() noexcept {
        if (!linked())
            return;
        unlink();
        if (std::uncaught_exceptions() != 0)
            return;
        try {
            std::string text = problem();
            if (!text.empty())
                test_->add_problem(std::move(text));
        } catch (...) {
            // No memory for the report.
        }
    }

private:
    end_checks* test_ = nullptr;
};

inline end_checks::~end_checks() {
    while (!checks_.empty())
        checks_.pop_front();
}

inline void end_checks::add(end_check& one) noexcept {
    checks_.push_back(one);
}

inline std::vector<std::string> end_checks::take() {
    while (!checks_.empty()) {
        std::string text = checks_.pop_front().problem();
        if (!text.empty())
            problems_.push_back(std::move(text));
    }
    return std::exchange(problems_, {});
}

} // namespace testing::detail
TETHER_END_NAMESPACE

#endif
